using KvTcp.Benchmarks.ClientThroughput;
using KvTcp.Benchmarks.Micro;

return args is ["client-throughput"] ? await ClientThroughputComparison.RunAsync() : MicroBenchmarks.Run(args);
