using KvTcp.Benchmarks.Micro;
using KvTcp.Benchmarks.ServerCost;
using KvTcp.Client;
using KvTcp.Store;

namespace KvTcp.Benchmarks.ClientThroughput;

/// <summary>
/// <c>./run.sh bench client-throughput</c>: GETs per second of 64 callers that share one connection of the client, beside a raw driver that keeps
/// 64 GETs in flight on one connection, in rounds that alternate between the two so that the noise of the machine meets both.
/// </summary>
internal static class ClientThroughputComparison
{
    private const int Pairs = 1_000_000;
    private const int Depth = 64;
    private const int Rounds = 7;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(2);

    /// <summary>Runs the comparison and prints each round and the median.</summary>
    /// <returns>The exit code: 69 when the server is missing.</returns>
    public static async Task<int> RunAsync()
    {
        // artifacts/bin/PROJECT/CONFIGURATION/
        string kvtcp = Path.Combine(AppContext.BaseDirectory, "..", "..", "KvTcp.Cli", "release", "kvtcp");
        string data = Path.GetTempFileName();
        try
        {
            using (FileStream file = File.Create(data))
            {
                DataFileGenerator.Write(file, Pairs);
            }

            using ServerProcess server = ServerProcess.Start(
                "kvtcp", kvtcp, port => ["serve", "--data", data, "--listen", $"127.0.0.1:{port}"]);
            await CompareAsync(server);
            return 0;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            Console.Error.WriteLine($"client-throughput: {exception.Message}; kvtcp needs `./run.sh build`");
            return 69;
        }
        finally
        {
            File.Delete(data);
        }
    }

    private static async Task CompareAsync(ServerProcess server)
    {
        Guid[] keys = GeneratedData.Hits(1 << 18, Pairs);
        KvClientOptions options = new() { Servers = [KvServerAddress.Parse(server.EndPoint.ToString())] };
        using RawDriver raw = new(server.EndPoint, keys, Depth);
        await using KvClient client = await KvClient.ConnectAsync(options);
        await using KvClient inline = await KvClient.ConnectAsync(options with { AllowSynchronousContinuations = true });
        (string Name, ClientDriver Driver, List<double> Ratios)[] clients =
        [
            ("client", new ClientDriver(client, keys, Depth), []),
            ("client, synchronous continuations", new ClientDriver(inline, keys, Depth), []),
        ];
        raw.Run(WarmUp);
        foreach ((_, ClientDriver driver, _) in clients)
        {
            await driver.RunAsync(WarmUp);
        }

        Console.WriteLine("| round | driver | GET/s | of raw | client CPU us/GET | client bytes/GET |");
        Console.WriteLine("|---|---|---|---|---|---|");
        for (int round = 1; round <= Rounds; round++)
        {
            double rawRate = raw.Run(Round);
            Console.WriteLine($"| {round} | raw | {rawRate:N0} | | | |");
            foreach ((string name, ClientDriver driver, List<double> ratios) in clients)
            {
                long before = GC.GetTotalAllocatedBytes(precise: true);
                TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
                double rate = await driver.RunAsync(Round);
                double requests = rate * Round.TotalSeconds;
                double cpu = (Environment.CpuUsage.TotalTime - cpuBefore).TotalMicroseconds / requests;
                double bytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / requests;
                ratios.Add(rate / rawRate);
                Console.WriteLine($"| {round} | {name} | {rate:N0} | {ratios[^1]:P0} | {cpu:0.00} | {bytes:N0} |");
            }
        }

        foreach ((string name, _, List<double> ratios) in clients)
        {
            ratios.Sort();
            Console.WriteLine($"{name}: median {ratios[Rounds / 2]:P0} of the raw driver (least {ratios[0]:P0}, most {ratios[^1]:P0})");
        }
    }
}
