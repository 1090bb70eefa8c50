using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace KvTcp.Benchmarks.Micro;

/// <summary>Runs the BenchmarkDotNet classes of this folder, all or those that <c>--filter</c> names.</summary>
internal static class MicroBenchmarks
{
    /// <summary>Runs them. BenchmarkDotNet refuses a Debug build on its own.</summary>
    /// <param name="arguments">BenchmarkDotNet's own.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments)
    {
        // In-process: the toolchain that builds a project for each benchmark does not know the artifacts/ output layout.
        IConfig config = DefaultConfig.Instance
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(4).WithIterationCount(12))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumn(StatisticColumn.P95)
            .WithArtifactsPath("artifacts/benchmarks");
        BenchmarkSwitcher.FromAssembly(typeof(MicroBenchmarks).Assembly)
            .Run(arguments.Length == 0 ? ["--filter", "*"] : arguments, config);
        return 0;
    }
}
