using System.Net;
using KvTcp.Cli;
using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Benchmarks.Http;

/// <summary>
/// <c>./run.sh bench http [ROUNDS [SECONDS]]</c>: GETs of single keys over HTTP, 50 connections, from this server, from a bare Kestrel endpoint, and
/// from FastAPI under uvicorn with one worker, in rounds that alternate between them. Servers and generator have processors of their own.
/// </summary>
internal static class HttpComparison
{
    private const int Pairs = 1_000_000;
    private const int Connections = 50;

    /// <summary>Of the pair as JSON; generated values have 40 bytes on average.</summary>
    private static readonly int BodyLength = """{"key":"6ba7b810-9dad-41d1-80b4-00c04fd430c8","value":""}""".Length + 40;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(0.5);

    /// <summary>Measures and prints a table.</summary>
    /// <param name="args">How many rounds, 9 by default, and of how many seconds, 3 by default.</param>
    /// <returns>The exit code: 69 when a server cannot be started.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        int rounds = args.Length > 0 ? int.Parse(args[0]) : 9;
        TimeSpan length = TimeSpan.FromSeconds(args.Length > 1 ? double.Parse(args[1]) : 3);
        using WorkFolder folder = new();
        List<RunningPeer> running = [];
        try
        {
            CoreSplit cores = CoreSplit.OfThisProcess();
            string data = await folder.GenerateAsync(Pairs, CancellationToken.None);
            int httpPort = RunningPeer.FreePort();
            List<Contender> contenders = [];
            foreach (Peer peer in (Peer[])[new KvTcpHttpPeer(httpPort), new BarePeer(BodyLength), new FastApiPeer()])
            {
                // FastAPI has a worker for each processor that it is given, and is to have one.
                IReadOnlyList<int> own = peer is FastApiPeer ? [cores.Server[0]] : cores.Server;
                await peer.InstallAsync(CancellationToken.None);
                RunningPeer server = await RunningPeer.StartAsync(
                    peer, new PeerLaunch(RunningPeer.FreePort(), own, Pairs, data, folder.Root), CancellationToken.None);
                running.Add(server);
                contenders.Add(new Contender(server, new LoadPlan
                {
                    Server = peer is KvTcpHttpPeer ? new IPEndPoint(IPAddress.Loopback, httpPort) : server.EndPoint,
                    Protocol = WireProtocol.Http,
                    HttpPath = peer is FastApiPeer ? "/keys/{key}" : BareEndpoint.Path,
                    Connections = Connections,
                    WarmUp = Settle,
                    Duration = length,
                }));
            }

            cores.PinGenerator();
            using KeyFile keys = KeyFile.Open(data);
            await Task.Run(() => Measure(contenders, keys, rounds));
            Print(contenders);
            return ExitCode.Success;
        }
        catch (CommandException exception)
        {
            Console.Error.WriteLine($"http: {exception.Message}");
            return exception.ExitCode;
        }
        finally
        {
            running.ForEach(static server => server.Dispose());
        }
    }

    private static void Measure(List<Contender> contenders, KeyFile keys, int rounds)
    {
        foreach (Contender contender in contenders)
        {
            _ = MeasuredRun.Of(contender.Plan with { Duration = WarmUp }, keys, contender.Server.Processes);
        }

        for (int round = 0; round < rounds; round++)
        {
            foreach (Contender contender in contenders)
            {
                contender.Runs.Add(MeasuredRun.Of(contender.Plan, keys, contender.Server.Processes));
            }
        }
    }

    private static void Print(List<Contender> contenders)
    {
        Console.WriteLine("| server | requests/s | server CPU, us a request | requests/s of kvtcp to it | CPU of it to kvtcp |");
        Console.WriteLine("|---|---|---|---|---|");
        List<MeasuredRun> ours = contenders[0].Runs;
        foreach (Contender contender in contenders)
        {
            Spread rate = Spread.Of(ours.Zip(contender.Runs, static (own, other) => own.PerSecond / other.PerSecond));
            Spread cpu = Spread.Of(ours.Zip(contender.Runs, static (own, other) => other.Cpu / own.Cpu));
            Console.WriteLine(
                $"| {contender.Server.Peer.Name} | {Spread.Of(contender.Runs.Select(static run => run.PerSecond)).Text("N0")} | " +
                $"{Spread.Of(contender.Runs.Select(static run => run.Cpu)).Text("0.0")} | {rate.Text("0.00")} | {cpu.Text("0.00")} |");
        }
    }

    private sealed record Contender(RunningPeer Server, LoadPlan Plan)
    {
        public List<MeasuredRun> Runs { get; } = [];
    }
}
