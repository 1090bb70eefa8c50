using KvTcp.Benchmarks.ClientThroughput;
using KvTcp.Benchmarks.LiveSwap;
using KvTcp.Benchmarks.Micro;

return args switch
{
    ["client-throughput"] => await ClientThroughputComparison.RunAsync(),
    ["live-swap", .. string[] rest] => await LiveSwapMeasurement.RunAsync(rest),
    _ => MicroBenchmarks.Run(args),
};
