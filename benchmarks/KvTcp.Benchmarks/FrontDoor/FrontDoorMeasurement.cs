using System.Net;
using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Benchmarks.FrontDoor;

/// <summary>
/// <c>./run.sh bench front-door [SECONDS]</c>: what a server in front of a local Cluster of three masters costs, and what its cache gains. The load
/// generator asks each master for its own keys, as a pipelined client that knows the slots would, and then the server for all keys.
/// </summary>
internal static class FrontDoorMeasurement
{
    private const int Pairs = 300_000;
    private const int Depth = 128;
    private const int Rounds = 5;
    private const int ConnectionsEach = 2;

    private static readonly string[] CacheSizes = ["0", "8MiB", "16MiB", "32MiB", "64MiB", "128MiB"];

    /// <summary>Runs the measurement and prints its tables.</summary>
    /// <param name="args">How many seconds each run takes; 3 by default.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        TimeSpan duration = TimeSpan.FromSeconds(args.Length > 0 ? int.Parse(args[0]) : 3);
        using WorkFolder folder = new();
        string data = await folder.GenerateAsync(Pairs, CancellationToken.None);
        using LocalCluster cluster = await LocalCluster.StartAsync(folder, data);
        using KeyFile all = KeyFile.Open(data);
        KeyFile[] parts = Array.ConvertAll(LocalCluster.Divide(folder, data), KeyFile.Open);
        try
        {
            using (FrontDoorProcess door = await FrontDoorProcess.StartAsync(cluster.Url))
            {
                CompareThroughput(cluster, door, all, parts, duration);
                CompareLatency(cluster, door, all, parts, duration);
            }

            await CompareCachesAsync(cluster, all, duration);
            return 0;
        }
        finally
        {
            Array.ForEach(parts, static part => part.Dispose());
        }
    }

    private static void CompareThroughput(LocalCluster cluster, FrontDoorProcess door, KeyFile all, KeyFile[] parts, TimeSpan duration)
    {
        Console.WriteLine($"{parts.Length * ConnectionsEach} connections, depth {Depth}:");
        Console.WriteLine("| round | direct, GET/s | line protocol, GET/s | of direct | RESP, GET/s | of direct | server CPU us/GET |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        LoadPlan plan = new() { Server = door.EndPoint, Depth = Depth, Connections = parts.Length * ConnectionsEach, Duration = duration };
        List<double> ratios = [];
        for (int round = 1; round <= Rounds; round++)
        {
            double direct = Direct(cluster, parts, plan with { Connections = ConnectionsEach });
            TimeSpan cpu = door.Cpu;
            LoadResult line = Run(plan, all);
            double microseconds = (door.Cpu - cpu).TotalMicroseconds / (line.RequestsPerSecond * (duration + plan.WarmUp).TotalSeconds);
            LoadResult resp = Run(plan with { Protocol = WireProtocol.Resp }, all);
            ratios.Add(line.RequestsPerSecond / direct);
            Console.WriteLine(
                $"| {round} | {direct:N0} | {line.RequestsPerSecond:N0} | {ratios[^1]:0.00}x | {resp.RequestsPerSecond:N0} | " +
                $"{resp.RequestsPerSecond / direct:0.00}x | {microseconds:0.00} |");
        }

        ratios.Sort();
        Console.WriteLine($"median {ratios[Rounds / 2]:0.00}x of direct (least {ratios[0]:0.00}x, most {ratios[^1]:0.00}x)");
        Console.WriteLine();
    }

    private static void CompareLatency(LocalCluster cluster, FrontDoorProcess door, KeyFile all, KeyFile[] parts, TimeSpan duration)
    {
        Console.WriteLine("1 connection, depth 1:");
        Console.WriteLine("| | p50 us | p99 us |");
        Console.WriteLine("|---|---|---|");
        LoadPlan plan = new() { Server = cluster.EndPoints[0], Protocol = WireProtocol.Resp, Connections = 1, Duration = duration };
        PrintLatency("direct, one master", Run(plan, parts[0]));
        PrintLatency("line protocol", Run(plan with { Server = door.EndPoint, Protocol = WireProtocol.Line }, all));
        PrintLatency("RESP", Run(plan with { Server = door.EndPoint }, all));
        Console.WriteLine();
    }

    private static async Task CompareCachesAsync(LocalCluster cluster, KeyFile all, TimeSpan duration)
    {
        Console.WriteLine($"6 connections, depth {Depth}, keys by Zipf's law with exponent 1:");
        Console.WriteLine("| cache | GET/s | hit rate |");
        Console.WriteLine("|---|---|---|");
        foreach (string size in CacheSizes)
        {
            using FrontDoorProcess door = await FrontDoorProcess.StartAsync(cluster.Url, "--cache-size", size, "--cache-ttl", "1h");
            LoadPlan plan = new()
            {
                Server = door.EndPoint,
                Depth = Depth,
                Connections = 6,
                Duration = duration,
                WarmUp = duration,
                Keys = new KeyChoice(ZipfExponent: 1),
            };
            LoadResult result = Run(plan, all);
            Console.WriteLine($"| {size} | {result.RequestsPerSecond:N0} | {await HitRateAsync(door.EndPoint)} |");
        }
    }

    private static async Task<string> HitRateAsync(IPEndPoint server)
    {
        await using Client.KvClient client = await Client.KvClient.ConnectAsync(
            new Client.KvClientOptions { Servers = [Client.KvServerAddress.Parse($"{server}")] });
        return (await client.StatsAsync())["cache_hit_rate"];
    }

    private static double Direct(LocalCluster cluster, KeyFile[] parts, LoadPlan plan)
    {
        double[] rates = new double[parts.Length];
        Parallel.For(
            0,
            parts.Length,
            new ParallelOptions { MaxDegreeOfParallelism = parts.Length },
            i => rates[i] = Run(plan with { Server = cluster.EndPoints[i], Protocol = WireProtocol.Resp }, parts[i]).RequestsPerSecond);
        return rates.Sum();
    }

    private static LoadResult Run(LoadPlan plan, KeyFile keys)
    {
        LoadResult result = LoadRun.Run(plan, keys, onSecond: null, CancellationToken.None);
        return result.InvalidReason is null && result.ErrorSamples.Count == 0
            ? result
            : throw new InvalidOperationException(result.InvalidReason ?? result.ErrorSamples[0]);
    }

    private static void PrintLatency(string name, LoadResult result) => Console.WriteLine(
        $"| {name} | {result.Latency.Percentile(0.5).TotalMicroseconds:0} | {result.Latency.Percentile(0.99).TotalMicroseconds:0} |");
}
