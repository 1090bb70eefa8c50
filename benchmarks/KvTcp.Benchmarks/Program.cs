using KvTcp.Benchmarks.ClientThroughput;
using KvTcp.Benchmarks.Micro;
using KvTcp.Benchmarks.SnapshotStart;

return args switch
{
    ["client-throughput"] => await ClientThroughputComparison.RunAsync(),
    ["snapshot-start"] => await SnapshotStartComparison.RunAsync(),
    _ => MicroBenchmarks.Run(args),
};
