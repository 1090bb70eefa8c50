using KvTcp.Cli;
using KvTcp.LoadGen;

namespace KvTcp.Compare;

/// <summary>Drives servers with the load generator.</summary>
internal sealed class RequestMeasurement
{
    private const int VerifiedRequests = 20_000;

    /// <summary>In an open loop a slow reply must not keep later requests back.</summary>
    private const int OpenLoopDepth = 128;

    /// <summary>A short run may fall into a pause of the machine as a whole; without any reply it is repeated, twice as long.</summary>
    private const int MostTries = 4;

    private readonly CompareSettings _settings;
    private readonly int _threads;
    private readonly KeyFile _keys;
    private readonly CancellationToken _cancellation;

    /// <summary>Prepares the load.</summary>
    /// <param name="settings">How long runs are.</param>
    /// <param name="threads">Threads of the generator.</param>
    /// <param name="keys">The keys that all servers have.</param>
    /// <param name="cancellation">Stops it.</param>
    public RequestMeasurement(CompareSettings settings, int threads, KeyFile keys, CancellationToken cancellation)
    {
        _settings = settings;
        _threads = threads;
        _keys = keys;
        _cancellation = cancellation;
    }

    /// <summary>Compares replies with the data file.</summary>
    /// <exception cref="CommandException">One is wrong.</exception>
    public async Task VerifyAsync(RunningPeer server)
    {
        LoadPlan plan = Plan(server, LoadCase.Typical) with { Count = VerifiedRequests, WarmUp = TimeSpan.Zero, Verify = true };
        LoadResult result = await RunAsync(plan);
        if (result.Counts.Mismatches > 0)
        {
            throw new CommandException(ExitCode.BadData, $"a reply is not what the data file says: {result.MismatchSamples[0]}");
        }
    }

    /// <summary>Has a server meet each kind of load for a short time, so that no round is the first with code to compile and memory to get.</summary>
    public async Task WarmUpAsync(RunningPeer server)
    {
        foreach (LoadCase load in LoadCase.All.Where(load => load.Suits(server.Peer)))
        {
            await RunAsync(Plan(server, load) with { WarmUp = TimeSpan.Zero, Duration = _settings.WarmUp });
        }
    }

    /// <summary>Measures one kind of load in a closed loop.</summary>
    public async Task<RequestResult> MeasureAsync(RunningPeer server, LoadCase load, int round)
    {
        using CpuSampler cpu = new(server.Processes);
        LoadResult result = await RunAsync(Plan(server, load));
        if (result.InvalidReason is string reason)
        {
            throw new CommandException(ExitCode.Unavailable, reason);
        }

        TimeSpan used = cpu.Between(result.StartedAt, result.StartedAt + result.Elapsed);
        return new RequestResult(
            server.Peer.Name,
            load,
            round,
            result.RequestsPerSecond,
            used.TotalMicroseconds / result.Counts.Requests,
            WaitTimes.Of(result.Latency),
            result.GeneratorCpu / result.Elapsed / result.Plan.Threads);
    }

    /// <summary>Measures a fixed rate in an open loop.</summary>
    public async Task<RateResult> MeasureRateAsync(RunningPeer server, double share, double capacity, int round)
    {
        LoadPlan plan = Plan(server, LoadCase.Typical) with { Rate = share * capacity };
        LoadResult result = await RunAsync(server.Peer.IsPipelined ? plan with { Depth = OpenLoopDepth } : plan);
        return new RateResult(
            server.Peer.Name,
            share,
            round,
            share * capacity,
            WaitTimes.Of(result.Latency),
            result.SendDelay!.Percentile(0.99).TotalMicroseconds,
            result.Counts.Unsent,
            result.InvalidReason);
    }

    private LoadPlan Plan(RunningPeer server, LoadCase load) => new()
    {
        Server = server.EndPoint,
        Protocol = server.Peer.Protocol,
        Connections = load.Connections,
        Depth = load.Depth,
        Threads = int.Min(_threads, load.Connections),
        WarmUp = _settings.WarmUp,
        Duration = _settings.Length,
        Keys = new KeyChoice(load.MissShare),
    };

    private async Task<LoadResult> RunAsync(LoadPlan plan)
    {
        for (int tries = 1; ; tries++)
        {
            LoadResult result = await Task.Run(() => LoadRun.Run(plan, _keys, onSecond: null, _cancellation), _cancellation);
            _cancellation.ThrowIfCancellationRequested();
            if (result.Counts.Requests > 0 || tries == MostTries)
            {
                ThrowIfWrong(result);
                return result;
            }

            plan = plan with { Duration = plan.Duration * 2 };
        }
    }

    private static void ThrowIfWrong(LoadResult result)
    {
        LoadCounts counts = result.Counts;
        long wrong = result.Plan.Keys.MissShare == 0 ? counts.Misses : counts.Hits;
        if (counts.Requests == 0 || wrong + counts.Errors + counts.Timeouts + counts.Lost > 0)
        {
            throw new CommandException(
                ExitCode.Unavailable,
                $"of {counts.Requests:N0} requests {counts.Hits:N0} hit, {counts.Misses:N0} missed, {counts.Errors:N0} failed, " +
                $"{counts.Timeouts:N0} timed out, {counts.Lost:N0} were lost; {(result.ErrorSamples is [string sample, ..] ? sample : "no error was seen")}");
        }
    }
}
