using System.Diagnostics;
using System.Net.Sockets;
using KvTcp.Fuzz;

namespace KvTcp.Soak;

/// <summary>Clients of one kind, each of which comes, does what it does, goes, and comes again. Thread-safe once made.</summary>
/// <param name="name">What they are called.</param>
/// <param name="around">What they know.</param>
/// <param name="expected">What is to be counted at least once when they live.</param>
internal abstract class Population(string name, Surroundings around, params string[] expected)
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    /// <summary>Deadlines are looked at once a second.</summary>
    private static readonly TimeSpan DeadlineGrain = TimeSpan.FromSeconds(1.1);

    /// <summary>How late a server may be that is stopped now and then, on a machine that is busy.</summary>
    private static readonly TimeSpan DeadlineSlack = TimeSpan.FromSeconds(15);

    /// <summary>What they know.</summary>
    protected Surroundings Around => around;

    /// <summary>Lets them live until they are stopped.</summary>
    /// <param name="count">How many there are at a time.</param>
    /// <param name="seed">What they choose by.</param>
    /// <param name="stop">Ends them.</param>
    /// <param name="spread">Within what time they come, evenly; at once by default.</param>
    public Task RunAsync(int count, ulong seed, CancellationToken stop, TimeSpan spread = default)
    {
        Array.ForEach(expected, what => around.Findings.Expect($"{name}: {what}"));
        return Task.WhenAll(Enumerable.Range(0, count).Select(
            number => Task.Run(() => LiveOnAsync(new InputRandom(seed + (ulong)number), spread * number / count, stop), CancellationToken.None)));
    }

    /// <summary>One visit of one client. What it throws is wrong.</summary>
    protected abstract Task VisitAsync(InputRandom random, CancellationToken stop);

    /// <summary>Notes what is wrong.</summary>
    protected void AddWrong(string what) => around.Findings.AddWrong($"{name}: {what}");

    /// <summary>Counts what is right, or can be explained.</summary>
    protected void Count(string what) => around.Findings.Count($"{name}: {what}");

    /// <summary>Does what the server ends by a deadline, and judges when it does: not before the deadline, nor long after it.</summary>
    /// <param name="deadline">The server's deadline, from now on.</param>
    /// <param name="seen">What is counted when it is kept.</param>
    /// <param name="act">
    /// What is done. What it does under the token given it may be done until the deadline is long over. It tells whether it was served in time instead;
    /// if not, the server has closed.
    /// </param>
    /// <param name="stop">Gives up.</param>
    protected async Task MissDeadlineAsync(TimeSpan deadline, string seen, Func<CancellationToken, Task<bool>> act, CancellationToken stop)
    {
        long began = Stopwatch.GetTimestamp();
        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(deadline + DeadlineSlack);
        string end = "closed";
        try
        {
            if (await act(late.Token))
            {
                return;
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // Judged below.
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            end = "still open";
        }

        TimeSpan taken = Stopwatch.GetElapsedTime(began);
        if (end is "closed" && taken >= deadline - DeadlineGrain && taken <= deadline + DeadlineSlack)
        {
            Count(seen);
        }
        else
        {
            AddWrong($"{end} after {taken.TotalSeconds:0.0} s, with a deadline of {deadline.TotalSeconds} s");
        }
    }

    /// <summary>Reads until the server closes, be it in order, within a line or by a reset.</summary>
    /// <param name="socket">From here.</param>
    /// <param name="judge">Is given each line.</param>
    /// <param name="stop">Gives up.</param>
    protected static async Task ReadToEndAsync(LineSocket socket, Action<string> judge, CancellationToken stop)
    {
        try
        {
            while (await socket.ReadLineAsync(stop) is string line)
            {
                judge(line);
            }
        }
        catch (Exception exception) when (IsEnd(exception) || exception is EndOfStreamException)
        {
            // That is the end too.
        }
    }

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
