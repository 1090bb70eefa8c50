using System.CommandLine;
using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>The options of <c>compare</c>, and what they mean together.</summary>
internal static class CompareOptions
{
    private const long MostPairs = 1_000_000_000;
    private const long LargePairs = 10_000_000;
    private const long HoldPairs = 100_000_000;

    private static readonly Option<string> Servers = Text(
        "--servers", "LIST", $"Which servers, with commas [default: {string.Join(',', Peer.All.Select(static peer => peer.Name))}]");

    private static readonly Option<string> Transports = Text(
        "--transport", "LIST", "kvtcp once with each of these transports, with commas; epoll+50 is epoll with --busy-poll 50 [default: the one it chooses]");

    private static readonly Option<string> Pairs = Text("--pairs", "N", "How many pairs; with --hold, the most [default: 1000000; 100000000 with --hold]");

    private static readonly Option<string> Rounds = Text("--rounds", "N", "How often each figure is measured [default: 5]");

    private static readonly Option<string> Seconds = Text("--seconds", "S", "How long each run is, after a warm-up of a fourth of that [default: 1.5]");

    private static readonly Option<string> Output = Text(
        "--output", "DIR", "Where docs/performance.md, docs/charts and artifacts are written [default: this source tree]");

    private static readonly Option<bool> Quick = Flag("--quick", "3 rounds of 1 s; with --hold, up to 10 million pairs");

    private static readonly Option<bool> Large = Flag("--large", "10 million pairs");

    private static readonly Option<bool> Hold = Flag("--hold", "Measure how much data fits into memory, instead of comparing");

    /// <summary>The options, in the order of the help.</summary>
    public static IReadOnlyList<Option> All { get; } = [Servers, Transports, Pairs, Rounds, Seconds, Output, Quick, Large, Hold];

    /// <summary>Reads the options.</summary>
    /// <exception cref="CommandException">One is wrong.</exception>
    public static CompareSettings SettingsOf(ParseResult result, string[] args)
    {
        bool quick = result.GetValue(Quick);
        long pairs = (result.GetValue(Hold), result.GetValue(Large)) switch
        {
            (true, _) => quick ? LargePairs : HoldPairs,
            (_, true) => LargePairs,
            _ => 1_000_000,
        };
        return new CompareSettings(
            [
                .. (result.GetValue(Servers)?.Split(',') ?? Peer.All.Select(static peer => peer.Name)).Select(Find).Distinct()
                    .SelectMany(peer => peer is KvTcpPeer ? Ours(result.GetValue(Transports), peer) : [peer]),
            ],
            Get(result, Pairs, ValueParsers.Integer(1, MostPairs), pairs),
            (int)Get(result, Rounds, ValueParsers.Integer(1, 1000), quick ? 3 : 5),
            Get(result, Seconds, ValueParsers.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)), TimeSpan.FromSeconds(quick ? 1 : 1.5)),
            Path.GetFullPath(result.GetValue(Output) ?? SourceTree.Root),
            result.GetValue(Hold),
            $"./run.sh compare {string.Join(' ', args)}".TrimEnd());
    }

    private static Peer Find(string name) => Peer.All.FirstOrDefault(peer => string.Equals(peer.Name, name, StringComparison.Ordinal))
        ?? throw new CommandException(
            ExitCode.Usage, $"{Servers.Name}: '{name}' is not one of {string.Join(", ", Peer.All.Select(static peer => peer.Name))}");

    private static IEnumerable<Peer> Ours(string? transports, Peer byDefault)
    {
        try
        {
            return transports is null ? [byDefault] : [.. KvTcpPeer.OfTransports(transports).DistinctBy(static peer => peer.Name, StringComparer.Ordinal)];
        }
        catch (FormatException e)
        {
            throw new CommandException(ExitCode.Usage, $"{Transports.Name}: {e.Message}");
        }
    }

    private static T Get<T>(ParseResult result, Option<string> option, ValueParser<T> parse, T defaultValue)
    {
        if (result.GetValue(option) is not string text)
        {
            return defaultValue;
        }

        return parse(text, out T? value, out string? error) ? value : throw new CommandException(ExitCode.Usage, $"{option.Name}: {error}");
    }

    private static Option<string> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };

    private static Option<bool> Flag(string name, string description) => new(name) { Description = description };
}
