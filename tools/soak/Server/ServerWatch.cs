using System.Diagnostics;
using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Soak;

/// <summary>The server at one moment. Immutable.</summary>
/// <param name="At">When, from the beginning.</param>
/// <param name="IsCalm">Whether nothing but the steady crowd was there.</param>
/// <param name="Resident">Its memory that lies in RAM, in bytes.</param>
/// <param name="OpenFiles">Its files and sockets.</param>
/// <param name="Threads">Its threads.</param>
/// <param name="Rate">Requests a second of the steady load.</param>
/// <param name="P99">Their 99th percentile.</param>
internal sealed record ServerSample(TimeSpan At, bool IsCalm, long Resident, int OpenFiles, int Threads, double Rate, TimeSpan P99);

/// <summary>Looks at a server every second.</summary>
/// <param name="server">The server.</param>
/// <param name="load">The steady load.</param>
/// <param name="isCalm">Tells whether it is calm.</param>
internal sealed class ServerWatch(SoakServer server, SteadyLoad load, Func<bool> isCalm)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly List<ServerSample> _samples = [];

    /// <summary>What it has seen; for the time after it has ended.</summary>
    public IReadOnlyList<ServerSample> Samples => _samples;

    /// <summary>Watches until it is stopped, or the server has ended.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        long began = Stopwatch.GetTimestamp();
        TimeSpan last = TimeSpan.Zero;
        using PeriodicTimer timer = new(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                TimeSpan now = Stopwatch.GetElapsedTime(began);
                LatencyHistogram latency = load.Take();
                _samples.Add(new ServerSample(
                    now,
                    isCalm(),
                    ProcessFigures.Resident(server.Id),
                    ProcessFigures.OpenFiles(server.Id),
                    ProcessFigures.Threads(server.Id),
                    latency.Count / (now - last).TotalSeconds,
                    latency.Percentile(0.99)));
                last = now;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // It is over, or the server has ended, which others tell.
        }
    }
}
