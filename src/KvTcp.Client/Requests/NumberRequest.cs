using System.Buffers;
using System.Buffers.Text;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>A request that is answered with a number: EXISTS, COUNT.</summary>
internal abstract class NumberRequest : OneLineRequest<long>
{
    /// <summary>The digits of the largest number.</summary>
    private const int MaxDigits = 19;

    /// <inheritdoc/>
    protected override bool TryAccept(in Reply reply, ReplyCounters counters)
    {
        if (reply.Kind != ReplyKind.Ok || reply.Text.Length > MaxDigits)
        {
            return false;
        }

        Span<byte> digits = stackalloc byte[MaxDigits];
        reply.Text.CopyTo(digits);
        if (!Utf8Parser.TryParse(digits[..(int)reply.Text.Length], out long number, out int length) || length != reply.Text.Length || number < 0)
        {
            return false;
        }

        counters.Replies++;
        if (TryClaim())
        {
            Complete(number);
        }

        return true;
    }
}
