using KvTcp.Cli;

namespace KvTcp.Soak;

/// <summary>The guards of the server, all of them on. Immutable.</summary>
internal sealed record ServerLimits
{
    /// <summary>Connections in all.</summary>
    public int Connections { get; init; } = 10_000;

    /// <summary>Connections of one address.</summary>
    public int ConnectionsPerAddress { get; init; } = 5_000;

    /// <summary>Requests a second of one address, over HTTP too.</summary>
    public int RequestRate { get; init; } = 1_000_000;

    /// <summary>Until the first request.</summary>
    public TimeSpan FirstRequest { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between requests.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>For replies that are not taken.</summary>
    public TimeSpan UnreadReply { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For the end.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The limits as options of <c>kvtcp serve</c>.</summary>
    public IReadOnlyList<string> Arguments =>
    [
        "--max-connections", $"{Connections}",
        "--max-connections-per-address", $"{ConnectionsPerAddress}",
        "--rate-limit", $"{RequestRate}",
        "--http-rate-limit", $"{RequestRate}",
        "--max-keys", "1000",
        "--max-request-line", "64KiB",
        "--first-request-timeout", ValueParsers.Text(FirstRequest),
        "--idle-timeout", ValueParsers.Text(Idle),
        "--unread-reply-timeout", ValueParsers.Text(UnreadReply),
        "--drain-timeout", ValueParsers.Text(Drain),
    ];
}
