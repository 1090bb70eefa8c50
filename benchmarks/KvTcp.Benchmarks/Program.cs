using KvTcp.Benchmarks.Micro;
using KvTcp.Benchmarks.ServerCost;

return args is ["server-cost"] ? ServerCostComparison.Run() : MicroBenchmarks.Run(args);
