using KvTcp.Benchmarks.Micro;
using KvTcp.Benchmarks.ServerCost;
using KvTcp.Client;
using KvTcp.Store;

namespace KvTcp.Benchmarks.ClientThroughput;

/// <summary>
/// <c>./run.sh bench client-throughput</c>: GETs per second of 64 callers that share one connection of the client, beside a raw
/// driver that keeps 64 GETs in flight on one connection, in rounds that alternate between the two so that the noise of the
/// machine meets both.
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
        using RawDriver raw = new(server.EndPoint, keys, Depth);
        await using KvClient client = await KvClient.ConnectAsync(
            new KvClientOptions { Servers = [KvServerAddress.Parse(server.EndPoint.ToString())] });
        ClientDriver driver = new(client, keys, Depth);
        raw.Run(WarmUp);
        await driver.RunAsync(WarmUp);

        Console.WriteLine("| round | raw driver, GET/s | client, GET/s | ratio | client CPU us/GET | client bytes/GET |");
        Console.WriteLine("|---|---|---|---|---|---|");
        List<double> ratios = [];
        for (int round = 1; round <= Rounds; round++)
        {
            double rawRate = raw.Run(Round);
            long before = GC.GetTotalAllocatedBytes(precise: true);
            TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
            double clientRate = await driver.RunAsync(Round);
            double requests = clientRate * Round.TotalSeconds;
            double cpu = (Environment.CpuUsage.TotalTime - cpuBefore).TotalMicroseconds / requests;
            double bytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / requests;
            ratios.Add(clientRate / rawRate);
            Console.WriteLine($"| {round} | {rawRate:N0} | {clientRate:N0} | {ratios[^1]:P0} | {cpu:0.00} | {bytes:N0} |");
        }

        ratios.Sort();
        Console.WriteLine($"median ratio {ratios[Rounds / 2]:P0} (least {ratios[0]:P0}, most {ratios[^1]:P0})");
    }
}
