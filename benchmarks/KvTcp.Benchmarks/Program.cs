using KvTcp.Benchmarks.Micro;
using KvTcp.Benchmarks.ServerCost;

return args is ["server-cost", .. string[] rest] ? ServerCostComparison.Run(rest) : MicroBenchmarks.Run(args);
