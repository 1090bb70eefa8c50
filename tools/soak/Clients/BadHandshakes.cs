using System.Text;
using KvTcp.Fuzz;

namespace KvTcp.Soak;

/// <summary>Clients that come to where TLS is spoken, and do not: noise, a request in plain text, the beginning of a handshake and nothing more. All are closed.</summary>
/// <param name="around">What they know; the address is the one of TLS.</param>
/// <param name="pause">How long each waits on average before it comes again.</param>
internal sealed class BadHandshakes(Surroundings around, TimeSpan pause) : Population("bad handshakes", around, Closed)
{
    private const string Closed = "closed";
    private const int MostNoise = 2000;

    /// <summary>How replies begin where no TLS is spoken.</summary>
    private static readonly string[] Replies = ["OK", "ERR", "LINES", "NOT_FOUND"];

    /// <summary>A record of TLS that announces more than comes.</summary>
    private static readonly byte[] Hello = [22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3];

    /// <inheritdoc/>
    protected override async Task VisitAsync(InputRandom random, CancellationToken stop)
    {
        await Task.Delay(pause * (random.Below(2000) / 1000d), stop);
        byte[] input = random.Below(3) switch
        {
            0 => [.. Enumerable.Range(0, 1 + random.Below(MostNoise)).Select(_ => (byte)random.Next())],
            1 => Encoding.ASCII.GetBytes($"GET {random.Uuid()}\n"),
            _ => Hello,
        };
        using LineSocket socket = await Around.ConnectAsync(stop);
        try
        {
            await socket.SendAsync(input, stop);

            // What comes is an alert of TLS, whose bytes may well look like the end of a line.
            await ReadToEndAsync(socket, Judge, stop);
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // Noise may be closed before all of it is sent.
        }

        Count(Closed);
    }

    private void Judge(string line)
    {
        if (Array.Exists(Replies, reply => line.StartsWith(reply, StringComparison.Ordinal)))
        {
            AddWrong($"'{line}' in plain text");
        }
    }
}
