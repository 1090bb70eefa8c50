using System.Net.Sockets;

namespace KvTcp.LoadGen;

/// <summary>Does all the runs of one use of the load generator, one after another. For one thread.</summary>
/// <param name="keys">The data file's keys.</param>
/// <param name="live">Shows how they go; null for nobody to look.</param>
/// <param name="cancellation">Ends the run that goes on, and with it the session.</param>
internal sealed class LoadSession(KeyFile keys, LiveLine? live, CancellationToken cancellation)
{
    private readonly List<NamedRun> _runs = [];

    /// <summary>What ended the session early: the server was gone when the next run began. Null when nothing did.</summary>
    public SocketException? Failure { get; private set; }

    /// <summary>Does the runs.</summary>
    /// <param name="kind">What they are to tell.</param>
    /// <param name="phases">The runs; of a sweep, one that the others are derived from.</param>
    /// <exception cref="SocketException">The server cannot be connected to for the first run.</exception>
    public LoadReport Run(ReportKind kind, IReadOnlyList<ScenarioPhase> phases)
    {
        try
        {
            SweepResult? sweep = kind switch
            {
                ReportKind.RateSweep => RateSweep.Run(phases[0].Plan, Run, cancellation),
                ReportKind.DepthSweep => DepthSweep.Run(phases[0].Plan, Run, cancellation),
                _ => null,
            };
            if (sweep is null)
            {
                RunAll(phases);
            }

            return Report(kind, sweep?.Runs ?? _runs, sweep);
        }
        catch (SocketException e) when (_runs.Count > 0)
        {
            // What was measured before is worth having.
            Failure = e;
            return Report(kind, kind == ReportKind.RateSweep ? RateSweep.InOrder(_runs) : _runs, sweep: null);
        }
        finally
        {
            live?.Clear();
        }
    }

    private static LoadReport Report(ReportKind kind, IReadOnlyList<NamedRun> runs, SweepResult? sweep) =>
        new() { Kind = kind, Runs = runs, Conclusion = sweep?.Conclusion, Capacity = sweep?.Capacity, Machine = Machine.Current() };

    private void RunAll(IReadOnlyList<ScenarioPhase> phases)
    {
        foreach (ScenarioPhase phase in phases)
        {
            _ = Run(phase.Name, phase.Plan);
            if (cancellation.IsCancellationRequested)
            {
                break;
            }
        }
    }

    private LoadResult Run(string name, LoadPlan plan)
    {
        live?.ShowStart(name, plan);
        LoadResult result = LoadRun.Run(plan, keys, second => live?.ShowSecond(name, plan, second), cancellation);
        _runs.Add(new NamedRun(name, result));
        return result;
    }
}
