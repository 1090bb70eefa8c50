using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using KvTcp.Cli;
using KvTcp.Client;
using KvTcp.Protocol;

namespace KvTcp.LoadGen;

/// <summary>The options that make a <see cref="LoadPlan"/>. docs/loadgen.md has the same table.</summary>
internal static class PlanOptions
{
    private const int MaxConnections = 100_000;
    private const int MaxDepth = 16_384;
    private const int MaxThreads = 1024;
    private const long MaxCount = 1_000_000_000_000;
    private const double MaxRate = 100_000_000;

    private static readonly LoadPlan Defaults = new() { Server = KvServerAddress.Default.EndPoint };
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    private static readonly Option<string> Server = new("--server", "-s")
    {
        HelpName = "HOST:PORT|unix:PATH",
        Description = $"The server [default: {KvServerAddress.Default.Text}]",
    };

    private static readonly Option<string> Protocol = new("--protocol")
    {
        HelpName = "line|resp|memcached|http",
        Description = "What it speaks: the line protocol, RESP (Redis, Valkey, Garnet), memcached's text protocol, HTTP/1.1 [default: line]",
    };

    private static readonly Option<string> AuthTokenFile = new("--auth-token-file")
    {
        HelpName = "PATH",
        Description = $"File with the token of AUTH, for the line protocol and RESP; {AuthTokenSetting.EnvironmentName} may hold the token itself",
    };

    private static readonly Option<bool> Tls = new("--tls")
    {
        Description = "Speak TLS",
    };

    private static readonly Option<string> TlsAuthority = new("--tls-ca")
    {
        HelpName = "PATH",
        Description = "Certificates, as PEM, one of which has to vouch for the server's; the system's by default",
    };

    private static readonly Option<string> TlsCertificate = new("--tls-client-cert")
    {
        HelpName = "PATH",
        Description = "The certificate to show to the server, as PEM",
    };

    private static readonly Option<string> TlsKey = new("--tls-client-key")
    {
        HelpName = "PATH",
        Description = "The key of --tls-client-cert",
    };

    private static readonly Option<string> Connections = new("--connections", "-c")
    {
        HelpName = "N",
        Description = $"Connections in all [default: {Defaults.Connections}]",
    };

    private static readonly Option<string> Depth = new("--depth", "-P")
    {
        HelpName = "N",
        Description = $"Pipeline depth: the most requests in flight on a connection [default: {Defaults.Depth}]",
    };

    private static readonly Option<string> Threads = new("--threads", "-t")
    {
        HelpName = "N",
        Description = $"Threads that the connections are spread over [default: {Defaults.Threads}]",
    };

    private static readonly Option<string> Duration = new("--duration", "-d")
    {
        HelpName = "DURATION",
        Description = $"How long to measure [default: {ValueParsers.Text(Defaults.Duration)}]",
    };

    private static readonly Option<string> Count = new("--count", "-n")
    {
        HelpName = "N",
        Description = "How many requests to measure, instead of a duration",
    };

    private static readonly Option<string> WarmUp = new("--warm-up")
    {
        HelpName = "DURATION",
        Description = $"Load before the measured part [default: {ValueParsers.Text(Defaults.WarmUp)}]",
    };

    private static readonly Option<string> Rate = new("--rate", "-R")
    {
        HelpName = "N",
        Description = "Open loop: N requests a second, due whether or not replies arrive; latency counts from when each was due",
    };

    private static readonly Option<string> KeysPerRequest = new("--mget")
    {
        HelpName = "N",
        Description = "Ask for N keys in each request: MGET, or memcached's get of several keys",
    };

    private static readonly Option<string> Zipf = new("--zipf")
    {
        HelpName = "EXPONENT",
        Description = "Choose keys by Zipf's law, such as 0.99, instead of all alike",
    };

    private static readonly Option<string> MissShare = new("--misses")
    {
        HelpName = "SHARE",
        Description = "The share of keys that the data doesn't hold, 0 to 1 [default: 0]",
    };

    private static readonly Option<bool> Verify = new("--verify")
    {
        Description = "Compare every reply with the data file; the first that differ are shown, and the exit code is 65",
    };

    private static readonly Option<string> Timeout = new("--timeout")
    {
        HelpName = "DURATION",
        Description = $"How long a reply may take; then its connection is made anew [default: {ValueParsers.Text(Defaults.Timeout)}]",
    };

    private static readonly Option<string> HttpPath = new("--http-path")
    {
        HelpName = "PATH",
        Description = $"The path of an HTTP request, with {{key}} where the key goes, such as /get/{{key}} [default: {Defaults.HttpPath}]",
    };

    private static readonly Option<string> Seed = new("--seed")
    {
        HelpName = "N",
        Description = $"Decides which keys are chosen, and in which order [default: {Defaults.Seed}]",
    };

    /// <summary>The options, in the order of the help.</summary>
    public static IReadOnlyList<Option> All { get; } =
    [
        Server, Protocol, AuthTokenFile, Tls, TlsAuthority, TlsCertificate, TlsKey, Connections, Depth, Threads, Duration, Count, WarmUp, Rate,
        KeysPerRequest, Zipf, MissShare, Verify, Timeout, HttpPath, Seed,
    ];

    /// <summary>Those that a phase of a scenario may set for itself.</summary>
    public static IReadOnlyList<Option<string>> OfPhases { get; } =
        [Duration, Count, WarmUp, Rate, Connections, Depth, KeysPerRequest, Zipf, MissShare];

    /// <summary>The server as it was written, for messages.</summary>
    /// <param name="result">The command line.</param>
    public static KvServerAddress ServerOf(ParseResult result) => Get(result.GetValue, Server, KvServerAddress.TryParse, KvServerAddress.Default);

    /// <summary>Makes the plan.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="server">The server, resolved.</param>
    /// <exception cref="CommandException">An option is wrong, or does not go with another.</exception>
    public static LoadPlan PlanOf(ParseResult result, EndPoint server) => PlanOf(result.GetValue, result, server);

    /// <summary>Makes the plan of a phase.</summary>
    /// <param name="result">The command line, which holds where the phase says nothing.</param>
    /// <param name="server">The server, resolved.</param>
    /// <param name="phase">What the phase says, by the names of options; null for an option that is not to hold.</param>
    /// <exception cref="CommandException">An option is wrong, or does not go with another.</exception>
    public static LoadPlan PlanOf(ParseResult result, EndPoint server, IReadOnlyDictionary<string, string?> phase)
    {
        // A phase that says when it ends, by either, does not ask when the command line would have.
        bool saysItsEnd = phase.ContainsKey(Duration.Name) || phase.ContainsKey(Count.Name);
        return PlanOf(
            option => phase.TryGetValue(option.Name, out string? own) ? own
                : saysItsEnd && (option == Duration || option == Count) ? null
                : result.GetValue(option),
            result,
            server);
    }

    private static LoadPlan PlanOf(Func<Option<string>, string?> text, ParseResult result, EndPoint server)
    {
        if (text(Count) is not null && text(Duration) is not null)
        {
            throw new CommandException(ExitCode.Usage, "--count and --duration both say when to end; give one of them");
        }

        LoadPlan plan = new()
        {
            Server = server,
            Host = ServerOf(result).Host,
            Protocol = Get(text, Protocol, Words, Defaults.Protocol),
            Tls = TlsClientSetting.Resolve(result.GetValue(Tls), text(TlsAuthority), text(TlsCertificate), text(TlsKey)),
            Connections = (int)Get(text, Connections, ValueParsers.Integer(1, MaxConnections), Defaults.Connections),
            Depth = (int)Get(text, Depth, ValueParsers.Integer(1, MaxDepth), Defaults.Depth),
            Threads = (int)Get(text, Threads, ValueParsers.Integer(1, MaxThreads), Defaults.Threads),
            Duration = Get(text, Duration, ValueParsers.Duration(Shortest, Longest), Defaults.Duration),
            Count = text(Count) is null ? null : Get(text, Count, ValueParsers.Integer(1, MaxCount), 0),
            WarmUp = Get(text, WarmUp, ValueParsers.Duration(TimeSpan.Zero, Longest), Defaults.WarmUp),
            Rate = text(Rate) is null ? null : Get(text, Rate, Number(0.1, MaxRate), 0),
            KeysPerRequest = (int)Get(text, KeysPerRequest, ValueParsers.Integer(1, RequestWriter.MaxKeys), 1),
            Keys = new KeyChoice(
                Get(text, MissShare, Number(0, 1), 0),
                text(Zipf) is null ? null : Get(text, Zipf, Number(0.01, 10), 0)),
            Verify = result.GetValue(Verify),
            Timeout = Get(text, Timeout, ValueParsers.Duration(Shortest, Longest), Defaults.Timeout),
            HttpPath = Get(text, HttpPath, Path, Defaults.HttpPath),
            Seed = (int)Get(text, Seed, ValueParsers.Integer(int.MinValue, int.MaxValue), Defaults.Seed),
        };
        return plan.Protocol == WireProtocol.Http && plan.KeysPerRequest > 1
            ? throw new CommandException(ExitCode.Usage, "--mget does not go with --protocol http, which asks for one key in a request")
            : plan with { AuthToken = TokenOf(plan.Protocol, text(AuthTokenFile)) };
    }

    private static string? TokenOf(WireProtocol protocol, string? file)
    {
        if (protocol is WireProtocol.Line or WireProtocol.Resp)
        {
            return AuthTokenSetting.Resolve(file ?? "", Environment.GetEnvironmentVariable(AuthTokenSetting.EnvironmentName));
        }

        return file is null ? null : throw new CommandException(ExitCode.Usage, "--auth-token-file is for --protocol line and resp, which have AUTH");
    }

    private static ValueParser<WireProtocol> Words { get; } = ValueParsers.Word(
        ("line", WireProtocol.Line), ("resp", WireProtocol.Resp), ("memcached", WireProtocol.Memcached), ("http", WireProtocol.Http));

    private static T Get<T>(Func<Option<string>, string?> text, Option<string> option, ValueParser<T> parse, T defaultValue)
    {
        if (text(option) is not string given)
        {
            return defaultValue;
        }

        return parse(given, out T? value, out string? error)
            ? value
            : throw new CommandException(ExitCode.Usage, $"{option.Name}: {error}");
    }

    private static ValueParser<double> Number(double min, double max) =>
        (string text, out double value, [NotNullWhen(false)] out string? error) =>
        {
            bool isNumber = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
            error = isNumber && value >= min && value <= max ? null : $"'{text}' is not a number from {min} to {max}";
            return error is null;
        };

    private static bool Path(string text, [NotNullWhen(true)] out string? value, [NotNullWhen(false)] out string? error)
    {
        value = text;
        error = text.StartsWith('/') && text.Split("{key}").Length == 2 && text.All(static c => c is > ' ' and < '\x7f')
            ? null
            : $"'{text}' is not a path that starts with / and has {{key}} once, such as /get/{{key}}";
        return error is null;
    }
}
