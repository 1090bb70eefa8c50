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

        Span<byte> text = stackalloc byte[(int)reply.Text.Length];
        reply.Text.CopyTo(text);
        if (!Utf8Parser.TryParse(text, out long number, out int length) || length != text.Length || number < 0)
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
