using KvTcp.Benchmarks.ClientThroughput;
using KvTcp.Benchmarks.FrontDoor;
using KvTcp.Benchmarks.Http;
using KvTcp.Benchmarks.LiveSwap;
using KvTcp.Benchmarks.Micro;
using KvTcp.Benchmarks.SnapshotStart;
using KvTcp.Benchmarks.Tls;

return args switch
{
    ["client-throughput"] => await ClientThroughputComparison.RunAsync(),
    ["front-door", .. string[] rest] => await FrontDoorMeasurement.RunAsync(rest),
    ["http", .. string[] rest] => await HttpComparison.RunAsync(rest),
    ["http-cost", .. string[] rest] => await WatchingCostComparison.RunAsync(rest),
    [BareEndpoint.Word, .. string[] rest] => await BareEndpoint.RunAsync(rest),
    ["live-swap", .. string[] rest] => await LiveSwapMeasurement.RunAsync(rest),
    ["snapshot-start"] => await SnapshotStartComparison.RunAsync(),
    ["tls", .. string[] rest] => await TlsCostComparison.RunAsync(rest),
    _ => MicroBenchmarks.Run(args),
};
