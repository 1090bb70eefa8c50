using KvTcp.Benchmarks.ClientThroughput;
using KvTcp.Benchmarks.Micro;
using KvTcp.Benchmarks.ServerCost;

return args switch
{
    ["server-cost"] => ServerCostComparison.Run(),
    ["client-throughput"] => await ClientThroughputComparison.RunAsync(),
    _ => MicroBenchmarks.Run(args),
};
