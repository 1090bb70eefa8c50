using System.Buffers;
using KvTcp.Protocol;

namespace KvTcp.Fuzz;

/// <summary>Lines that arrive in pieces, against a search in everything that has arrived.</summary>
internal sealed class FramingTarget : FuzzTarget
{
    private readonly Pieces _pieces = new();

    /// <inheritdoc/>
    public override void Make(List<byte> input, InputRandom random)
    {
        for (int lines = random.Below(6); lines >= 0; lines--)
        {
            input.AddRandom(random, random.Below(30));
            input.AddText(random.Pick<string>(["\n", "\n", "\r\n", "\n\n", ""]));
        }
    }

    /// <inheritdoc/>
    public override void Check(ReadOnlySpan<byte> input, InputRandom random)
    {
        int maxLength = 1 + random.Below(40);
        ReadOnlySequence<byte> all = _pieces.Cut(input, random);
        int consumed = 0;
        long searched = 0;
        for (int received = random.Below(8); ; received = Math.Min(input.Length, received + 1 + random.Below(20)))
        {
            received = Math.Min(received, input.Length);
            FramingStatus status;
            do
            {
                ReadOnlySequence<byte> buffer = all.Slice(consumed, received - consumed);
                status = LineFraming.TryReadLine(ref buffer, maxLength, ref searched, out ReadOnlySequence<byte> line);
                ReadOnlySpan<byte> rest = input[consumed..received];
                int end = rest.IndexOf((byte)'\n');
                FramingStatus expected = (end < 0 ? rest.Length : end) >= maxLength ? FramingStatus.TooLong
                    : end < 0 ? FramingStatus.Incomplete : FramingStatus.Line;
                Expect(expected, status, $"status at {consumed} of {received}, at most {maxLength}");
                if (status == FramingStatus.Line)
                {
                    Expect(Convert.ToHexString(rest[..end]), Convert.ToHexString(line.ToArray()), $"line at {consumed}");
                    Expect(rest.Length - end - 1L, buffer.Length, "what is left");
                    consumed += end + 1;
                }
            }
            while (status == FramingStatus.Line);

            if (received == input.Length || status == FramingStatus.TooLong)
            {
                return;
            }
        }
    }
}
