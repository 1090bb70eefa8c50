using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>Bounds how long a server is waited for.</summary>
internal static class TimeLimit
{
    /// <summary>Waits for something, and gives it up after a time.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <param name="start">Starts it; its token is cancelled when the time is over.</param>
    /// <param name="error">What the server did not do in time, for the error.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="CommandException">The time is over.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static async Task<T> RunAsync<T>(
        TimeSpan limit, Func<CancellationToken, Task<T>> start, Func<string> error, CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stop.CancelAfter(limit);
        try
        {
            return await start(stop.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new CommandException(ExitCode.Unavailable, $"within {limit.TotalSeconds} s {error()}", e);
        }
    }
}
