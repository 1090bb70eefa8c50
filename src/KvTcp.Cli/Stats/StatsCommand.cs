using System.CommandLine;
using KvTcp.Client;
using KvTcp.Protocol;
using Command = System.CommandLine.Command;

namespace KvTcp.Cli;

/// <summary><c>kvtcp stats</c>: what a running server tells of itself, once, or again and again.</summary>
internal static class StatsCommand
{
    private const string DefaultInterval = "1s";

    private const string Examples = """
        kvtcp stats
        kvtcp stats --watch --server unix:/run/kvtcp.sock
        kvtcp stats --watch 10 >> kvtcp-stats.log
        """;

    private const string Notes = """
        It prints the lines of STATS, whose names are those of docs/protocol.md. With --watch a terminal shows rates and state and is drawn
        anew at each interval; anything else gets a line. It goes on when the server is lost and comes back, until ^C.
        """;

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromHours(1);

    // serve has an option of this name too, whose environment variable is not meant here.
    private static readonly Option<string> Watch = new("--watch")
    {
        HelpName = "[DURATION]",
        Description = $"Go on, and tell rates; a plain number counts seconds [without one: {DefaultInterval}]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DocumentedCommand command = new("stats", "Show the figures of a running server.", Examples) { Notes = Notes };
        command.Add(Watch);
        foreach (Setting setting in KnownSettings.OfOperator)
        {
            command.Add(setting.Option);
        }

        command.SetAction((result, cancellationToken) =>
        {
            SettingSources settings = SettingSources.OfProcess(result);
            KvServerAddress server = settings.Get(KnownSettings.Server, KvServerAddress.Default);
            string? token = AuthTokenSetting.Resolve(settings);
            TextWriter output = result.InvocationConfiguration.Output;
            return result.GetResult(Watch) is null
                ? PrintAsync(server, token, output, cancellationToken)
                : WatchAsync(server, token, Interval(result.GetValue(Watch) ?? DefaultInterval), output, cancellationToken);
        });
        return command;
    }

    private static TimeSpan Interval(string text) =>
        ValueParsers.Duration(ShortestInterval, LongestInterval)(text, out TimeSpan interval, out string? error)
            ? interval
            : throw new CommandException(ExitCode.Usage, $"{Watch.Name}: {error}");

    private static async Task<int> PrintAsync(KvServerAddress server, string? token, TextWriter output, CancellationToken cancellationToken)
    {
        try
        {
            await using KvClient client = await ConnectAsync(server, token, cancellationToken);
            foreach ((string name, string value) in await client.StatsAsync(cancellationToken))
            {
                await output.WriteLineAsync($"{name} {value}");
            }

            return ExitCode.Success;
        }
        catch (Exception e) when (e is KvServerException or TimeoutException)
        {
            throw Unavailable(server, e);
        }
    }

    private static async Task<int> WatchAsync(
        KvServerAddress server, string? token, TimeSpan interval, TextWriter output, CancellationToken cancellationToken)
    {
        using Signals signals = new();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await using KvClient client = await ConnectAsync(server, token, cancellationToken);
            using IStatsDisplay display = StatsTerminal.TryOpen(output) ?? (IStatsDisplay)new StatsLines(output);
            Task watch = new StatsWatch(client, server.Text, interval, display).RunAsync(end.Token);
            await Task.WhenAny(watch, signals.First);
            await end.CancelAsync();
            await watch;
            return ExitCode.Success;
        }
        catch (KvServerException e)
        {
            throw Unavailable(server, e);
        }
    }

    private static async Task<KvClient> ConnectAsync(KvServerAddress server, string? token, CancellationToken cancellationToken)
    {
        KvClientOptions options = new()
        {
            Servers = [server],
            AuthToken = server.EndPoint is System.Net.Sockets.UnixDomainSocketEndPoint ? null : token,
            RequestTimeout = TimeSpan.FromSeconds(3),
            MaxReconnectDelay = TimeSpan.FromSeconds(1),
        };
        try
        {
            return await KvClient.ConnectAsync(options, cancellationToken);
        }
        catch (KvServerException e) when (e.Code == ErrorCode.Refused)
        {
            // The server has no token, so it tells its figures to everybody.
            return await KvClient.ConnectAsync(options with { AuthToken = null }, cancellationToken);
        }
        catch (KvConnectionException e)
        {
            throw new CommandException(ExitCode.Unavailable, $"{e.Message}; is the server running there? --server names another", e);
        }
    }

    private static CommandException Unavailable(KvServerAddress server, Exception exception) =>
        new(ExitCode.Unavailable, $"{server} does not tell its figures: {exception.Message}", exception);
}
