using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using KvTcp.Cli;
using KvTcp.Client;

namespace KvTcp.LoadGen;

/// <summary>The <c>loadgen</c> command: drives a server with requests, and says how fast it answered.</summary>
internal static class LoadGenCommand
{
    private const string Name = "loadgen";

    private const string Examples = """
        loadgen --data some.data
        loadgen --data some.data --connections 8 --depth 128 --duration 30s
        loadgen --data some.data --rate 50000 --verify
        loadgen --data some.data --server 127.0.0.1:6379 --protocol resp --mget 10 --misses 0.1
        loadgen --data some.data --sweep rate --duration 3s --html rates.html
        loadgen --data some.data --server 127.0.0.1:8000 --protocol http --http-path /get/{key}
        """;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private static readonly Option<string> Data = new("--data")
    {
        HelpName = "PATH",
        Description = "The data file that the server was loaded with, not compressed: its keys are asked for",
        Required = true,
    };

    /// <summary>Makes the command.</summary>
    public static RootCommand Create()
    {
        RootCommand root = new("A load generator for key/value servers: closed loop, or open loop at a fixed rate.");
        CommandRun.AddStandardOptions(root, Name, Examples);
        root.Add(Data);
        foreach (Option option in PlanOptions.All.Concat(SessionOptions.All))
        {
            root.Add(option);
        }

        root.SetAction(static (result, _) => RunAsync(result));
        return root;
    }

    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="error">Receives errors.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args, TextWriter error) => CommandRun.RunAsync(Create, Name, args, error);

    private static async Task<int> RunAsync(ParseResult parsed)
    {
        KvServerAddress server = PlanOptions.ServerOf(parsed);
        (ReportKind kind, IReadOnlyList<ScenarioPhase> phases) = SessionOptions.PhasesOf(parsed, await ResolveAsync(server));
        using ReportFiles files = SessionOptions.OpenFiles(parsed);
        using KeyFile keys = Open(parsed.GetRequiredValue(Data));
        using Signals signals = new();
        using CancellationTokenSource stop = new();
        LoadSession session = new(keys, LiveLine.OnStandardError(), stop.Token);
        Task<LoadReport> runs = Task.Run(() => session.Run(kind, phases));
        if (await Task.WhenAny(runs, signals.First) == signals.First)
        {
            await stop.CancelAsync();
        }

        LoadReport report;
        try
        {
            report = await runs;
        }
        catch (SocketException e)
        {
            throw CannotConnect(server, e);
        }

        files.Write(report);
        (TextWriter output, bool isTerminal) = SessionOptions.TableOutput(parsed);
        SummaryTable.Write(report, SummaryTable.Open(output, isTerminal));
        if (session.Failure is { } failure)
        {
            throw CannotConnect(server, failure);
        }

        ResultJudgement.ThrowIfBad(report);
        return signals.First.IsCompleted ? ExitCode.ForSignal(await signals.First) : ExitCode.Success;
    }

    private static CommandException CannotConnect(KvServerAddress server, SocketException cause) => new(
        ExitCode.Unavailable,
        $"cannot connect to {server.Text}: {cause.Message}; is the server running there? --server names another",
        cause);

    private static KeyFile Open(string path)
    {
        try
        {
            return KeyFile.Open(path);
        }
        catch (InvalidDataException e)
        {
            throw new CommandException(ExitCode.BadData, e.Message, e);
        }
    }

    /// <summary>A host name may have several addresses: the first one that the server answers at is taken for the whole run.</summary>
    private static async Task<EndPoint> ResolveAsync(KvServerAddress server)
    {
        if (server.EndPoint is not DnsEndPoint name)
        {
            return server.EndPoint;
        }

        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        using CancellationTokenSource patience = new(ConnectTimeout);
        try
        {
            await socket.ConnectAsync(name, patience.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            string reason = e is SocketException ? e.Message : $"no answer for {ConnectTimeout.TotalSeconds} s";
            throw new CommandException(ExitCode.Unavailable, $"cannot connect to {server.Text}: {reason}; --server names another", e);
        }

        IPEndPoint answering = (IPEndPoint)socket.RemoteEndPoint!;
        return answering.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(answering.Address.MapToIPv4(), answering.Port) : answering;
    }
}
