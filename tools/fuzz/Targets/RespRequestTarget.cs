using System.Buffers;
using System.Text;
using KvTcp.Protocol.Resp;

namespace KvTcp.Fuzz;

/// <summary>Requests of RESP, read step by step as they arrive and as runs of plain GETs, against <see cref="RespOracle"/>.</summary>
internal sealed class RespRequestTarget : FuzzTarget
{
    private static readonly string[] Words = ["GET", "get", "MGET", "EXISTS", "PING", "HELLO", "COMMAND", "\r\n", ""];

    private static readonly string[] Numbers =
        ["-1", "-5", "0", "00", "01", "+1", "1048576", "1048577", "536870912", "536870913", "3000000000", "9223372036854775807", "9223372036854775808", "99999999999999999999999", "", " 1", "1x"];

    private readonly Pieces _pieces = new();
    private readonly Guid[] _keys = new Guid[64];

    /// <inheritdoc/>
    public override void Make(List<byte> input, InputRandom random)
    {
        for (int requests = random.Below(5); requests >= 0; requests--)
        {
            bool isPlain = random.OneIn(2);
            int count = isPlain ? 2 : random.Below(5);
            input.AddText($"*{Number(count, random)}\r\n");
            for (int i = 0; i < count; i++)
            {
                int header = input.Count;
                if (i == 0)
                {
                    input.AddText(isPlain ? "GET" : random.Pick<string>(Words));
                }
                else
                {
                    input.AddKey(random);
                }

                int length = input.Count - header;
                input.AddText("\r\n");
                input.InsertRange(header, Encoding.Latin1.GetBytes($"${Number(length, random)}\r\n"));
            }
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
        CheckPlainGets(all.FirstSpan, random);
        string expected = string.Join('\n', RespOracle.ReadRequests(input));
        Expect(expected, string.Join('\n', Read(all, random)), "the steps");
    }

    private static string Number(int right, InputRandom random) => random.OneIn(24) ? random.Pick<string>(Numbers) : $"{right}";

    /// <summary>Reads a stream of which more and more has arrived.</summary>
    private static List<string> Read(ReadOnlySequence<byte> all, InputRandom random)
    {
        List<string> steps = [];
        long consumed = 0;
        long received = random.Below((int)all.Length + 1);
        int left = 0;
        int length = -1;
        while (true)
        {
            ReadOnlySequence<byte> buffer = all.Slice(consumed, received - consumed);
            string step;
            RespReadStatus status;
            if (left == 0)
            {
                status = RespRequestParser.TryReadCount(ref buffer, out int count);
                left = Math.Max(0, count);
                step = $"*{count}";
            }
            else if (length < 0)
            {
                status = RespRequestParser.TryReadLength(ref buffer, out int next);
                length = status == RespReadStatus.Done ? next : -1;
                step = $"${next}";
            }
            else
            {
                status = RespRequestParser.TryReadArgument(ref buffer, length, out ReadOnlySequence<byte> argument);
                step = $"argument {Encoding.Latin1.GetString(argument.ToArray())}";
                (left, length) = status == RespReadStatus.Done ? (left - 1, -1) : (left, length);
            }

            if (status == RespReadStatus.Incomplete && received < all.Length)
            {
                Expect(received - consumed, buffer.Length, "what is left of something incomplete");
                received += 1 + random.Below((int)(all.Length - received));
                continue;
            }

            steps.Add(status == RespReadStatus.Done ? step : status.ToString());
            if (status != RespReadStatus.Done)
            {
                return steps;
            }

            consumed = received - buffer.Length;
        }
    }

    private void CheckPlainGets(ReadOnlySpan<byte> bytes, InputRandom random)
    {
        bool version4 = random.OneIn(4);
        int room = 1 + random.Below(random.OneIn(2) ? 3 : _keys.Length);
        List<Guid> expected = RespOracle.ReadPlainGets(bytes, version4);
        int count = RespRequestParser.ReadPlainGets(bytes, version4, _keys.AsSpan(0, room), out int consumed);
        Expect(Math.Min(expected.Count, room), count, nameof(RespRequestParser.ReadPlainGets));
        Expect(true, expected.Take(count).SequenceEqual(_keys.Take(count)), "the keys of plain GETs");
        Expect(count * "*2\r\n$3\r\nGET\r\n$36\r\n00000000-0000-0000-0000-000000000000\r\n".Length, consumed, "the end of plain GETs");
    }
}
