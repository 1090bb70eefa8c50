using System.Net.Sockets;
using KvTcp.Fuzz;

namespace KvTcp.Soak;

/// <summary>Clients of one kind, each of which comes, does what it does, goes, and comes again. Thread-safe once made.</summary>
/// <param name="name">What they are called.</param>
/// <param name="around">What they know.</param>
internal abstract class Population(string name, Surroundings around)
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    /// <summary>What they know.</summary>
    protected Surroundings Around => around;

    /// <summary>Lets them live until they are stopped.</summary>
    /// <param name="count">How many there are at a time.</param>
    /// <param name="seed">What they choose by.</param>
    /// <param name="stop">Ends them.</param>
    /// <param name="spread">Within what time they come, evenly; at once by default.</param>
    public Task RunAsync(int count, ulong seed, CancellationToken stop, TimeSpan spread = default) => Task.WhenAll(Enumerable.Range(0, count).Select(
        number => Task.Run(() => LiveOnAsync(new InputRandom(seed + (ulong)number), spread * number / count, stop), CancellationToken.None)));

    /// <summary>One visit of one client. What it throws is wrong.</summary>
    protected abstract Task VisitAsync(InputRandom random, CancellationToken stop);

    /// <summary>Notes what is wrong.</summary>
    protected void AddWrong(string what) => around.Findings.AddWrong($"{name}: {what}");

    /// <summary>Counts what is right, or can be explained.</summary>
    protected void Count(string what) => around.Findings.Count($"{name}: {what}");

    /// <summary>What a server does to a connection that it closes: also what was sent to it meanwhile ends in a reset.</summary>
    protected static bool IsEnd(Exception exception) => exception is SocketException
    {
        SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown,
    };

    private async Task LiveOnAsync(InputRandom random, TimeSpan wait, CancellationToken stop)
    {
        await Task.Delay(wait, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!stop.IsCancellationRequested)
        {
            if (!await around.Findings.TryAsync(name, () => VisitAsync(random, stop), stop))
            {
                await Task.Delay(PauseAfterFailure, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
