using System.Diagnostics;
using System.Text;
using KvTcp.Fuzz;

namespace KvTcp.Soak;

/// <summary>Clients that guess the server's token. Each guess is refused, and late: docs/protocol.md#wrong-tokens.</summary>
/// <param name="around">What they know.</param>
internal sealed class WrongTokens(Surroundings around) : Population("wrong tokens", around, Refused)
{
    private const string Refused = "refused (WRONGPASS)";

    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    /// <summary>Timers count in whole milliseconds of a clock that ticks every few of them.</summary>
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(20);

    /// <inheritdoc/>
    protected override async Task VisitAsync(InputRandom random, CancellationToken stop)
    {
        using LineSocket socket = await Around.ConnectAsync(stop);
        long sent = Stopwatch.GetTimestamp();
        await socket.SendAsync(Encoding.ASCII.GetBytes($"AUTH {random.Uuid()}\n"), stop);
        string? reply = await socket.ReadLineAsync(stop);
        TimeSpan taken = Stopwatch.GetElapsedTime(sent);
        if (reply is null || !reply.StartsWith("ERR WRONGPASS", StringComparison.Ordinal))
        {
            AddWrong($"{reply ?? "a close"} instead of ERR WRONGPASS");
        }
        else if (taken < Delay - Grain)
        {
            AddWrong($"refused after {taken.TotalMilliseconds:0} ms");
        }
        else
        {
            Count(Refused);
        }
    }
}
