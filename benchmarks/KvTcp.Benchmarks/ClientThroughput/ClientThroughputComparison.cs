using KvTcp.Benchmarks.Micro;
using KvTcp.Cli;
using KvTcp.Client;
using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Benchmarks.ClientThroughput;

/// <summary>
/// <c>./run.sh bench client-throughput</c>: GETs per second of 64 callers that share one connection of the client, beside the load generator with
/// one connection at depth 64, in rounds that alternate between the two so that the noise of the machine meets both.
/// </summary>
internal static class ClientThroughputComparison
{
    private const int Pairs = 1_000_000;
    private const int Depth = 64;
    private const int Rounds = 7;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(2);

    /// <summary>Runs the comparison and prints each round and the median.</summary>
    /// <returns>The exit code: 69 when the server cannot be started.</returns>
    public static async Task<int> RunAsync()
    {
        KvTcpPeer peer = new();
        using WorkFolder folder = new();
        try
        {
            await peer.InstallAsync(CancellationToken.None);
            string data = await folder.GenerateAsync(Pairs, CancellationToken.None);
            PeerLaunch launch = new(RunningPeer.FreePort(), CoreSplit.OfThisProcess().All, Pairs, data, folder.Root);
            using RunningPeer server = await RunningPeer.StartAsync(peer, launch, CancellationToken.None);
            using KeyFile keys = KeyFile.Open(data);
            await CompareAsync(server, keys);
            return ExitCode.Success;
        }
        catch (CommandException exception)
        {
            Console.Error.WriteLine($"client-throughput: {exception.Message}");
            return exception.ExitCode;
        }
    }

    private static async Task CompareAsync(RunningPeer server, KeyFile keys)
    {
        LoadPlan plan = new() { Server = server.EndPoint, Connections = 1, Depth = Depth, WarmUp = TimeSpan.Zero, Duration = Round };
        KvClientOptions options = new() { Servers = [KvServerAddress.Parse(server.EndPoint.ToString())] };
        await using KvClient client = await KvClient.ConnectAsync(options);
        ClientDriver driver = new(client, GeneratedData.Hits(1 << 18, Pairs), Depth);
        Load(plan with { Duration = WarmUp }, keys);
        await driver.RunAsync(WarmUp);

        Console.WriteLine("| round | load generator, GET/s | client, GET/s | ratio | client CPU us/GET | client bytes/GET |");
        Console.WriteLine("|---|---|---|---|---|---|");
        List<double> ratios = [];
        for (int round = 1; round <= Rounds; round++)
        {
            double loadRate = Load(plan, keys);
            long before = GC.GetTotalAllocatedBytes(precise: true);
            TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
            double clientRate = await driver.RunAsync(Round);
            double requests = clientRate * Round.TotalSeconds;
            double cpu = (Environment.CpuUsage.TotalTime - cpuBefore).TotalMicroseconds / requests;
            double bytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / requests;
            ratios.Add(clientRate / loadRate);
            Console.WriteLine($"| {round} | {loadRate:N0} | {clientRate:N0} | {ratios[^1]:P0} | {cpu:0.00} | {bytes:N0} |");
        }

        ratios.Sort();
        Console.WriteLine($"median ratio {ratios[Rounds / 2]:P0} (least {ratios[0]:P0}, most {ratios[^1]:P0})");
    }

    private static double Load(LoadPlan plan, KeyFile keys) => LoadRun.Run(plan, keys, onSecond: null, CancellationToken.None).RequestsPerSecond;
}
