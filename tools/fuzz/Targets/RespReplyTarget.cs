using System.Text;
using KvTcp.Protocol.Resp;

namespace KvTcp.Fuzz;

/// <summary>Replies of RESP, as a client reads them while they arrive, against <see cref="RespOracle"/>.</summary>
internal sealed class RespReplyTarget : FuzzTarget
{
    private const int MaxBulkLength = 100;

    private static readonly string[] Numbers = ["-1", "-2", "0", "-0", "007", "+1", "100", "101", "2147483647", "2147483648", "9223372036854775807", "-9223372036854775809", "", "1 ", "x"];

    /// <inheritdoc/>
    public override void Make(List<byte> input, InputRandom random)
    {
        for (int replies = random.Below(6); replies >= 0; replies--)
        {
            char type = random.Pick<char>("$$$$+-:*%_"); // The last two are RESP3's.
            input.Add((byte)type);
            if (type == '$' && !random.OneIn(4))
            {
                int length = random.Below(20);
                input.AddText($"{length}\r\n");
                input.AddRandom(random, length);
            }
            else if (type is '+' or '-')
            {
                input.AddRandom(random, random.Below(10));
            }
            else
            {
                input.AddText(random.Pick<string>(Numbers));
            }

            input.AddText(random.OneIn(10) ? random.Pick<string>(["", "\n", "\r", "\r\r\n"]) : "\r\n");
        }

        if (random.OneIn(4))
        {
            InputText.Mutate(input, random);
        }
    }

    /// <inheritdoc/>
    public override void Check(ReadOnlySpan<byte> input, InputRandom random)
    {
        int start = 0;
        int received = random.Below(input.Length + 1);
        while (true)
        {
            ReadOnlySpan<byte> rest = input[start..received];
            RespReply reply = RespReplyParser.Read(rest, MaxBulkLength);
            Expect(
                RespOracle.ReadReply(rest, MaxBulkLength),
                (reply.Kind, reply.Length, reply.Number, Encoding.Latin1.GetString(reply.Text)),
                $"reply at {start} of {received}");
            if (reply.Kind == RespReplyKind.Invalid || (reply.Kind == RespReplyKind.Incomplete && received == input.Length))
            {
                return;
            }

            start += reply.Length;
            received += reply.Kind == RespReplyKind.Incomplete ? 1 + random.Below(input.Length - received) : 0;
        }
    }
}
