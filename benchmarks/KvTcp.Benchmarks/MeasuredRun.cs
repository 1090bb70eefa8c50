using KvTcp.Cli;
using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Benchmarks;

/// <summary>One run of the load generator beside one server. Immutable.</summary>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="Cpu">The server's processor time, in microseconds a request.</param>
internal readonly record struct MeasuredRun(double PerSecond, double Cpu)
{
    /// <summary>Measures.</summary>
    /// <param name="plan">The load.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="processes">The server.</param>
    /// <exception cref="CommandException">A request was not answered with a value.</exception>
    public static MeasuredRun Of(LoadPlan plan, KeyFile keys, IReadOnlyList<int> processes)
    {
        using CpuSampler cpu = new(processes);
        LoadResult result = LoadRun.Run(plan, keys, onSecond: null, CancellationToken.None);
        LoadCounts counts = result.Counts;
        if (counts.Requests == 0 || counts.Misses + counts.Errors + counts.Timeouts + counts.Lost > 0)
        {
            throw new CommandException(
                ExitCode.Unavailable,
                $"of {counts.Requests:N0} requests {counts.Misses:N0} missed, {counts.Errors:N0} failed, {counts.Timeouts:N0} timed out, {counts.Lost:N0} were lost; " +
                (result.ErrorSamples is [string sample, ..] ? sample : "no error was seen"));
        }

        TimeSpan used = cpu.Between(result.StartedAt, result.StartedAt + result.Elapsed);
        return new MeasuredRun(result.RequestsPerSecond, used.TotalMicroseconds / counts.Requests);
    }
}
