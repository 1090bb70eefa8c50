using System.Text;
using KvTcp.Fuzz;
using KvTcp.Protocol;

namespace KvTcp.Soak;

/// <summary>
/// Clients that send what is not, or hardly, a request. Every reply must be one of the protocol, and none may tell of a bug. Those that know the token
/// authenticate first; they may then do what an operator may, so they do not ask for that, nor show a token that is wrong.
/// </summary>
/// <param name="around">What they know.</param>
/// <param name="pause">How long each waits before it comes again.</param>
internal sealed class GarbageSenders(Surroundings around, TimeSpan pause)
    : Population(around.Token is null ? "garbage senders" : "garbage senders with the token", around, Closed)
{
    private const string Closed = "closed";

    private static readonly string[] NotAfterAuth = ["RELOAD", "ROLLBACK", "AUTH"];

    private readonly byte[] _lineGreeting = Encoding.ASCII.GetBytes(around.Greeting);
    private readonly byte[] _respGreeting = around.Token is null ? [] : Encoding.ASCII.GetBytes($"*2\r\n$4\r\nAUTH\r\n${around.Token.Length}\r\n{around.Token}\r\n");

    /// <inheritdoc/>
    protected override async Task VisitAsync(InputRandom random, CancellationToken stop)
    {
        (List<byte> input, bool isLine) = Input(random);
        await Task.Delay(pause * (random.Below(2000) / 1000d), stop);
        using LineSocket socket = await Around.ConnectAsync(stop);
        try
        {
            await socket.SendAsync(input.ToArray(), stop);
            socket.EndSending();
            string? line;
            for (int unjudged = 0; (line = await socket.ReadLineAsync(stop)) is not null; unjudged--)
            {
                if (unjudged <= 0 && isLine)
                {
                    unjudged = 1 + Judge(line);
                }
            }

            Count(Closed);
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            Count("reset while sending on after a close");
        }
    }

    /// <summary>Makes an input.</summary>
    /// <returns>It, and whether it is one of the line protocol.</returns>
    private (List<byte> Input, bool IsLine) Input(InputRandom random)
    {
        for (; ; )
        {
            List<byte> input = [];
            Make(input, random);
            bool isLine = input is not [(byte)'*', ..];
            string text = Encoding.Latin1.GetString([.. input]);
            if (Around.Token is null || !NotAfterAuth.Any(word => text.Contains(word, StringComparison.OrdinalIgnoreCase)))
            {
                input.InsertRange(0, isLine ? _lineGreeting : _respGreeting);
                return (input, isLine);
            }
        }
    }

    private static void Make(List<byte> input, InputRandom random)
    {
        switch (random.Below(8))
        {
            case 0:
                input.AddRange(Encoding.ASCII.GetBytes("GET /index.html HTTP/1.1\r\nHost: localhost\r\n\r\n"));
                break;
            case 1:
                input.AddRange([22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]);
                break;
            case 2:
                input.AddRange(Enumerable.Repeat((byte)'x', LineFraming.MaxRequestLine + random.Below(1000)));
                break;
            case 3:
                for (int length = random.Below(2000); length >= 0; length--)
                {
                    input.Add((byte)random.Next());
                }

                break;
            case 4 or 5:
                using (RespRequestTarget resp = new())
                {
                    resp.Make(input, random);
                }

                break;
            default:
                using (LineRequestTarget lines = new())
                {
                    lines.Make(input, random);
                }

                break;
        }
    }

    /// <summary>Judges a line.</summary>
    /// <returns>How many lines belong to it that cannot be judged.</returns>
    private int Judge(string line)
    {
        if (LineReplyOracle.Read(Encoding.Latin1.GetBytes(line)) is not (ReplyKind, string, string, int) reply)
        {
            AddWrong($"'{line}' is no reply");
        }
        else if (reply.Code is "INTERNAL")
        {
            AddWrong(line);
        }
        else
        {
            return reply.Count;
        }

        return 0;
    }
}
