using System.Diagnostics;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>The time-out of a client's requests, the queue of those that are complete, and what became of the rest. Thread-safe.</summary>
/// <param name="options">The options.</param>
internal sealed class RequestMonitor(KvClientOptions options)
{
    private long _timeouts;
    private long _cancellations;

    /// <summary>Runs the callers of completed requests.</summary>
    public CompletionQueue Completions { get; } = new();

    /// <summary>Receives how long requests take.</summary>
    public ClientMetrics? Metrics { get; set; }

    /// <summary>Requests that were given up by their time-out.</summary>
    public long Timeouts => Volatile.Read(ref _timeouts);

    /// <summary>Requests that were given up by their token.</summary>
    public long Cancellations => Volatile.Read(ref _cancellations);

    /// <summary>The deadline of a request that starts now, on the clock of <see cref="Environment.TickCount64"/>.</summary>
    public long NextDeadline() => options.RequestTimeout == Timeout.InfiniteTimeSpan
        ? long.MaxValue
        : Environment.TickCount64 + (long)options.RequestTimeout.TotalMilliseconds;

    /// <summary>The time for <see cref="Completed"/>, or 0 when nobody wants to know.</summary>
    public long StartTime() => Metrics is { IsTimingRequests: true } ? Stopwatch.GetTimestamp() : 0;

    /// <summary>Counts a time-out.</summary>
    /// <returns>The exception for the caller.</returns>
    public TimeoutException TimedOut(Command command)
    {
        Interlocked.Increment(ref _timeouts);
        return new TimeoutException($"{CommandName.Of(command)} had no reply for {options.RequestTimeout.TotalSeconds} s.");
    }

    /// <summary>Counts a cancellation.</summary>
    /// <returns>The exception for the caller.</returns>
    public OperationCanceledException Cancelled(CancellationToken token)
    {
        Interlocked.Increment(ref _cancellations);
        return new OperationCanceledException(token);
    }

    /// <summary>Tells that a request has completed, in whatever way.</summary>
    /// <param name="command">Its command.</param>
    /// <param name="startedAt">What <see cref="StartTime"/> gave.</param>
    public void Completed(Command command, long startedAt)
    {
        if (startedAt != 0)
        {
            Metrics?.Completed(command, Stopwatch.GetElapsedTime(startedAt));
        }
    }
}
