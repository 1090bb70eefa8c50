using KvTcp.Benchmarks.Micro;

return MicroBenchmarks.Run(args);
