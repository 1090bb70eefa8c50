using System.Net;
using KvTcp.Cli;
using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Benchmarks.Http;

/// <summary>
/// <c>./run.sh bench http-cost [ROUNDS [SECONDS]]</c>: what it costs the line protocol at depth 128 that /metrics is scraped once a second and one
/// dashboard is open. Each round is a run with them and a run without, the order changing from round to round.
/// </summary>
internal static class WatchingCostComparison
{
    private const int Pairs = 1_000_000;
    private const int Connections = 8;
    private const int Depth = 128;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(0.5);

    /// <summary>Measures and prints a table.</summary>
    /// <param name="args">How many rounds, 20 by default, and of how many seconds a run, 4 by default.</param>
    /// <returns>The exit code: 69 when the server cannot be started.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        int rounds = args.Length > 0 ? int.Parse(args[0]) : 20;
        TimeSpan length = TimeSpan.FromSeconds(args.Length > 1 ? double.Parse(args[1]) : 4);
        using WorkFolder folder = new();
        int httpPort = RunningPeer.FreePort();
        KvTcpHttpPeer peer = new(httpPort);
        try
        {
            await peer.InstallAsync(CancellationToken.None);
            CoreSplit cores = CoreSplit.OfThisProcess();
            string data = await folder.GenerateAsync(Pairs, CancellationToken.None);
            using RunningPeer server = await RunningPeer.StartAsync(
                peer, new PeerLaunch(RunningPeer.FreePort(), cores.Server, Pairs, data, folder.Root), CancellationToken.None);
            cores.PinGenerator();
            using KeyFile keys = KeyFile.Open(data);
            LoadPlan plan = new() { Server = server.EndPoint, Connections = Connections, Depth = Depth, WarmUp = Settle, Duration = length };
            await CompareAsync(plan, keys, server, new IPEndPoint(IPAddress.Loopback, httpPort), rounds);
            return ExitCode.Success;
        }
        catch (CommandException exception)
        {
            Console.Error.WriteLine($"http-cost: {exception.Message}");
            return exception.ExitCode;
        }
    }

    private static async Task CompareAsync(LoadPlan plan, KeyFile keys, RunningPeer server, IPEndPoint http, int rounds)
    {
        await RunAsync(plan with { Duration = WarmUp }, keys, server, http, isWatched: true);
        List<MeasuredRun> alone = [];
        List<MeasuredRun> watched = [];
        for (int round = 0; round < rounds; round++)
        {
            foreach (bool isWatched in (bool[])[round % 2 == 0, round % 2 == 1])
            {
                (isWatched ? watched : alone).Add(await RunAsync(plan, keys, server, http, isWatched));
            }
        }

        Console.WriteLine("| | requests/s | server CPU, us a request |");
        Console.WriteLine("|---|---|---|");
        foreach ((string name, List<MeasuredRun> runs) in ((string, List<MeasuredRun>)[])[("alone", alone), ("watched", watched)])
        {
            Console.WriteLine(
                $"| {name} | {Spread.Of(runs.Select(static run => run.PerSecond)).Text("N0")} | {Spread.Of(runs.Select(static run => run.Cpu)).Text("0.000")} |");
        }

        Console.WriteLine($"watching takes {Cost(alone, watched, static run => 1 / run.PerSecond)} of the throughput, {Cost(alone, watched, static run => run.Cpu)} more CPU a request");
        await PrintIdleCostAsync(server, http, plan.Duration * 4);
    }

    /// <summary>The middle of the rounds' differences, and how far it would lie elsewhere with other rounds: two standard errors.</summary>
    private static string Cost(List<MeasuredRun> alone, List<MeasuredRun> watched, Func<MeasuredRun, double> figure)
    {
        double[] costs = [.. alone.Zip(watched, (one, other) => (figure(other) / figure(one)) - 1)];
        double mean = costs.Average();
        double error = Math.Sqrt(costs.Sum(cost => (cost - mean) * (cost - mean)) / Math.Max(1, costs.Length - 1) / costs.Length);
        return $"{Spread.Of(costs).Median:P2} (mean {mean:P2} +- {2 * error:P2})";
    }

    /// <summary>The same cost without the noise of the load: what a server that has nothing else to do uses for those who watch it.</summary>
    private static async Task PrintIdleCostAsync(RunningPeer server, IPEndPoint http, TimeSpan length)
    {
        using CpuSampler cpu = new(server.Processes);
        DateTimeOffset start = DateTimeOffset.UtcNow;
        await Task.Delay(length);
        DateTimeOffset middle = DateTimeOffset.UtcNow;
        await using (Watchers.Start(http))
        {
            await Task.Delay(length);
        }

        DateTimeOffset end = DateTimeOffset.UtcNow;
        double idle = cpu.Between(start, middle) / (middle - start);
        double watched = cpu.Between(middle, end) / (end - middle);
        Console.WriteLine($"without load: {idle:P2} of a processor alone, {watched:P2} watched");
    }

    private static async Task<MeasuredRun> RunAsync(LoadPlan plan, KeyFile keys, RunningPeer server, IPEndPoint http, bool isWatched)
    {
        await using Watchers? watchers = isWatched ? Watchers.Start(http) : null;
        return await Task.Run(() => MeasuredRun.Of(plan, keys, server.Processes));
    }
}
