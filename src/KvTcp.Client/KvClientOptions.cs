using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Net.Security;
using KvTcp.Protocol;
using Microsoft.Extensions.Logging;

namespace KvTcp.Client;

/// <summary>What a <see cref="KvClient"/> connects to, and its limits. Immutable; every property has a default.</summary>
public sealed record KvClientOptions
{
    /// <summary>An AUTH line may have 4,096 bytes, and a character may take three.</summary>
    private const int MaxTokenLength = 1024;

    /// <summary>
    /// The servers, which hold the same data; <see cref="KvServerAddress.ParseList"/> reads them from text. 1 to 1,024; 127.0.0.1:7878.
    /// </summary>
    public IReadOnlyList<KvServerAddress> Servers { get; init; } = [KvServerAddress.Default];

    /// <summary>How several servers are used; <see cref="KvServerPolicy.FailOver"/>.</summary>
    public KvServerPolicy Policy { get; init; } = KvServerPolicy.FailOver;

    /// <summary>
    /// Connections: to each server with <see cref="KvServerPolicy.Spread"/>, in all with <see cref="KvServerPolicy.FailOver"/>. 1 to
    /// 1,024; 1, which pipelining makes enough for most programs.
    /// </summary>
    public int ConnectionsPerServer { get; init; } = 1;

    /// <summary>How long connecting to one server may take, TLS and AUTH included; 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a request may take, from the call to its reply, waiting for a connection included; 5 s. Time-outs are looked for ten times in
    /// that span, so one may come a tenth later. <see cref="Timeout.InfiniteTimeSpan"/> for none.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A connection on which requests wait and nothing at all has arrived for this long is replaced; 15 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// A connection on which nothing has happened for this long is asked for a sign of life, lest the server take it for abandoned, and so that
    /// one that is broken is replaced before it is needed; 5 s. <see cref="Timeout.InfiniteTimeSpan"/> for never. A server closes a connection
    /// whose first request does not come within 10 s, unless told otherwise; with a longer interval an idle client's connections are made anew
    /// that often.
    /// </summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The upper bound of the wait before the first attempt to reconnect; it doubles with each failure in a row. The wait itself
    /// is drawn evenly between 0 and the bound, so that the clients of a restarted server do not all return at once. 50 ms.
    /// </summary>
    public TimeSpan ReconnectDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The bound beyond which <see cref="ReconnectDelay"/> does not double; 5 s.</summary>
    public TimeSpan MaxReconnectDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Makes the options of TLS, given the host of a server (<c>localhost</c> for a Unix socket):
    /// <c>host => new SslClientAuthenticationOptions { TargetHost = host }</c>. Null for no TLS, the default.
    /// </summary>
    public Func<string, SslClientAuthenticationOptions>? Tls { get; init; }

    /// <summary>
    /// The token of <c>AUTH</c>, sent first on every connection, at most 1,024 characters; null for none, the default. Not shown by
    /// <see cref="ToString"/>.
    /// </summary>
    public string? AuthToken { get; init; }

    /// <summary>
    /// The most times that one request is sent, 1 to 10; 2: a request whose connection ends before the reply is sent once more. The connections
    /// that stand at that moment count as one, since those of a server end together.
    /// </summary>
    public int MaxAttempts { get; init; } = 2;

    /// <summary>
    /// The longest value accepted, in bytes, 1,024 or more; 1 MiB, which is also the limit of a server by default. A longer one fails
    /// its connection.
    /// </summary>
    public int MaxValueLength { get; init; } = ReplyParser.DefaultMaxReplyLine - 4;

    /// <summary>
    /// The most requests that a connection has sent and not seen answered, 1 to 1,048,576; 2,048. Callers beyond wait, and are
    /// served in turn.
    /// </summary>
    public int MaxRequestsInFlight { get; init; } = 2048;

    /// <summary>
    /// The most keys of one MGET or EXISTS, 1 to 1,771, which is what a request line holds and the default. Lower it for servers with a
    /// lower <c>--max-request-line</c>: a key takes 37 bytes of the line.
    /// </summary>
    public int MaxKeysPerRequest { get; init; } = RequestWriter.MaxKeys;

    /// <summary>Receives what happens to connections, never anything per request; null for no logs.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Makes the meter <c>KvTcp.Client</c>; null for a meter that the client itself makes and disposes.</summary>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>
    /// Tells clients of one program apart: the tag <c>client</c> of every measurement. Null for no tag, the default.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>The servers; never the token.</summary>
    public override string ToString() => string.Join(',', Servers);

    /// <summary>A copy of valid options that nobody can change, as the list of servers may be.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    internal KvClientOptions Validated()
    {
        Require(Servers?.All(static server => server is not null) == true, nameof(Servers), "a list of addresses, not null");
        InRange(Servers.Count, 1, 1024, nameof(Servers));
        InRange(ConnectionsPerServer, 1, 1024, nameof(ConnectionsPerServer));
        InRange(MaxRequestsInFlight, 1, 1 << 20, nameof(MaxRequestsInFlight));
        InRange(MaxAttempts, 1, 10, nameof(MaxAttempts));
        InRange(MaxKeysPerRequest, 1, RequestWriter.MaxKeys, nameof(MaxKeysPerRequest));
        InRange(MaxValueLength, 1024, Array.MaxLength - 4, nameof(MaxValueLength));
        ADayAtMost(ConnectTimeout, nameof(ConnectTimeout));
        ADayAtMost(StallTimeout, nameof(StallTimeout));
        ADayAtMost(ReconnectDelay, nameof(ReconnectDelay));
        ADayAtMost(MaxReconnectDelay, nameof(MaxReconnectDelay));
        ADayAtMostOrNever(RequestTimeout, nameof(RequestTimeout));
        ADayAtMostOrNever(KeepAliveInterval, nameof(KeepAliveInterval));

        Require(Enum.IsDefined(Policy), nameof(Policy), $"one of {string.Join(", ", Enum.GetNames<KvServerPolicy>())}");
        Require(
            AuthToken is null || (AuthToken.Length is > 0 and <= MaxTokenLength && !AuthToken.AsSpan().ContainsAny(" \r\n")),
            nameof(AuthToken),
            $"1 to {MaxTokenLength} characters without space, CR and LF");
        return this with { Servers = [.. Servers] };
    }

    private static void InRange(int value, int least, int most, string name) =>
        Require(value >= least && value <= most, name, $"{least} to {most}, not {value}");

    private static void ADayAtMost(TimeSpan value, string name) =>
        Require(value > TimeSpan.Zero && value <= TimeSpan.FromDays(1), name, $"more than nothing and at most a day, not {value}");

    private static void ADayAtMostOrNever(TimeSpan value, string name)
    {
        if (value != Timeout.InfiniteTimeSpan)
        {
            ADayAtMost(value, name);
        }
    }

    private static void Require([DoesNotReturnIf(false)] bool isMet, string name, string rule)
    {
        if (!isMet)
        {
            throw new ArgumentException($"{name} is {rule}.", name);
        }
    }
}
