using System.Buffers;
using System.Text;
using KvTcp.Protocol;

namespace KvTcp.Fuzz;

/// <summary>Replies of the line protocol, as a client reads them while they arrive, against <see cref="LineReplyOracle"/>.</summary>
internal sealed class LineReplyTarget : FuzzTarget
{
    private const int MaxLength = 120;

    private static readonly string[] Starts = ["OK ", "OK ", "OK ", "OK", "NOT_FOUND", "ERR ", "ERR BAD_KEY ", "ERR LOADING x", "LINES ", "LINES 2", "LINES 0", "OKAY", "ok ", ""];

    private readonly Pieces _pieces = new();

    /// <inheritdoc/>
    public override void Make(List<byte> input, InputRandom random)
    {
        for (int lines = random.Below(6); lines >= 0; lines--)
        {
            input.AddText(random.Pick<string>(Starts));
            if (random.OneIn(2))
            {
                input.AddRandom(random, random.Below(random.OneIn(3) ? 130 : 20));
            }

            input.AddText(random.OneIn(8) ? random.Pick<string>(["", "\r\n", " \n", " 7\n"]) : "\n");
        }

        if (random.OneIn(4))
        {
            InputText.Mutate(input, random);
        }
    }

    /// <inheritdoc/>
    public override void Check(ReadOnlySpan<byte> input, InputRandom random)
    {
        ReadOnlySequence<byte> all = _pieces.Cut(input, random);
        int consumed = 0;
        int received = random.Below(input.Length + 1);
        long searched = 0;
        while (true)
        {
            ReadOnlySequence<byte> buffer = all.Slice(consumed, received - consumed);
            ReplyStatus status = ReplyParser.TryRead(ref buffer, MaxLength, ref searched, out Reply reply);
            if (status == ReplyStatus.Incomplete && received < input.Length)
            {
                received += 1 + random.Below(input.Length - received);
                continue;
            }

            ReadOnlySpan<byte> rest = input[consumed..received];
            int end = rest.IndexOf((byte)'\n');
            (ReplyKind Kind, string Text, string Code, int Count)? expected = end >= 0 && end < MaxLength ? LineReplyOracle.Read(rest[..end]) : null;
            ReplyStatus expectedStatus = expected is not null ? ReplyStatus.Reply
                : end < 0 && rest.Length < MaxLength ? ReplyStatus.Incomplete : ReplyStatus.Invalid;
            Expect(expectedStatus, status, $"status at {consumed}");
            if (expected is not { } right)
            {
                return;
            }

            ErrorCode code = right.Kind == ReplyKind.Error ? ErrorCodeText.Parse(Encoding.Latin1.GetBytes(right.Code)) : ErrorCode.Unrecognized;
            Expect((right.Kind, right.Text, code, right.Count), (reply.Kind, Encoding.Latin1.GetString(reply.Text.ToArray()), reply.Code, reply.LineCount), $"reply at {consumed}");
            consumed = (int)(received - buffer.Length);
            Expect(rest.Length - end - 1L, buffer.Length, "what is left");
        }
    }
}
