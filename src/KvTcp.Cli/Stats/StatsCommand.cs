using System.CommandLine;
using KvTcp.Client;
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
        foreach (Setting setting in KnownSettings.OfClients)
        {
            command.Add(setting.Option);
        }

        command.SetAction((result, cancellationToken) =>
        {
            SettingSources settings = SettingSources.OfProcess(result);
            KvClientOptions options = ClientSettings.Resolve(
                settings, new KvClientOptions { RequestTimeout = TimeSpan.FromSeconds(3), MaxReconnectDelay = TimeSpan.FromSeconds(1) });
            TextWriter output = result.InvocationConfiguration.Output;
            return result.GetResult(Watch) is null
                ? PrintAsync(options, output, cancellationToken)
                : WatchAsync(options, Interval(result.GetValue(Watch) ?? DefaultInterval), output, cancellationToken);
        });
        return command;
    }

    private static TimeSpan Interval(string text) =>
        ValueParsers.Duration(ShortestInterval, LongestInterval)(text, out TimeSpan interval, out string? error)
            ? interval
            : throw new CommandException(ExitCode.Usage, $"{Watch.Name}: {error}");

    private static async Task<int> PrintAsync(KvClientOptions options, TextWriter output, CancellationToken cancellationToken)
    {
        try
        {
            await using KvClient client = await ClientSettings.ConnectAsync(options, cancellationToken);
            foreach ((string name, string value) in await client.StatsAsync(cancellationToken))
            {
                await output.WriteLineAsync($"{name} {value}");
            }

            return ExitCode.Success;
        }
        catch (Exception e) when (e is KvServerException or TimeoutException)
        {
            throw Unavailable(options.Servers[0], e);
        }
    }

    private static async Task<int> WatchAsync(
        KvClientOptions options, TimeSpan interval, TextWriter output, CancellationToken cancellationToken)
    {
        using Signals signals = new();
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await using KvClient client = await ClientSettings.ConnectAsync(options, cancellationToken);
            using IStatsDisplay display = StatsTerminal.TryOpen(output) ?? (IStatsDisplay)new StatsLines(output);
            Task watch = new StatsWatch(client, options.Servers[0].Text, interval, display).RunAsync(end.Token);
            await Task.WhenAny(watch, signals.First);
            await end.CancelAsync();
            await watch;
            return ExitCode.Success;
        }
        catch (KvServerException e)
        {
            throw Unavailable(options.Servers[0], e);
        }
    }

    private static CommandException Unavailable(KvServerAddress server, Exception exception) =>
        new(ExitCode.Unavailable, $"{server} does not tell its figures: {exception.Message}", exception);
}
