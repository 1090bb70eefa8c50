using KvTcp.Benchmarks.ClientThroughput;
using KvTcp.Benchmarks.LiveSwap;
using KvTcp.Benchmarks.Micro;
using KvTcp.Benchmarks.SnapshotStart;

return args switch
{
    ["client-throughput"] => await ClientThroughputComparison.RunAsync(),
    ["live-swap", .. string[] rest] => await LiveSwapMeasurement.RunAsync(rest),
    ["snapshot-start"] => await SnapshotStartComparison.RunAsync(),
    _ => MicroBenchmarks.Run(args),
};
