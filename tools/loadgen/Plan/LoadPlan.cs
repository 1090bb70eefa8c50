using System.Net;
using KvTcp.Cli;

namespace KvTcp.LoadGen;

/// <summary>One run: what is sent, how, and for how long. Immutable.</summary>
internal sealed record LoadPlan
{
    /// <summary>The server; a host name has been resolved.</summary>
    public required EndPoint Server { get; init; }

    /// <summary>What it speaks.</summary>
    public WireProtocol Protocol { get; init; } = WireProtocol.Line;

    /// <summary>The host or address of <see cref="Server"/> as it was written, which a certificate has to name.</summary>
    public string Host { get; init; } = "localhost";

    /// <summary>How to speak TLS; null for no TLS.</summary>
    public TlsClientSetting? Tls { get; init; }

    /// <summary>The token of AUTH, sent first on every connection; null for none. No report has it.</summary>
    public string? AuthToken { get; init; }

    /// <summary>Connections in all, spread over the threads.</summary>
    public int Connections { get; init; } = 50;

    /// <summary>The most requests in flight on a connection.</summary>
    public int Depth { get; init; } = 1;

    /// <summary>Threads that drive connections.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Load before the measured part, which no figure includes.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The measured part, when <see cref="Count"/> is null.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many requests to measure, instead of a duration.</summary>
    public long? Count { get; init; }

    /// <summary>
    /// Requests a second in all, sent on schedule whether or not replies arrive (open loop; latency counts from the scheduled time).
    /// Null: each connection sends as soon as replies make room (closed loop).
    /// </summary>
    public double? Rate { get; init; }

    /// <summary>Keys in a request; above 1 it is an MGET.</summary>
    public int KeysPerRequest { get; init; } = 1;

    /// <summary>Which keys.</summary>
    public KeyChoice Keys { get; init; } = new();

    /// <summary>Whether every reply is compared with the data file.</summary>
    public bool Verify { get; init; }

    /// <summary>A request without a reply for this long counts as timed out, and its connection is replaced.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The path of an HTTP request; <c>{key}</c> stands for the key.</summary>
    public string HttpPath { get; init; } = "/keys/{key}";

    /// <summary>The seed of the choice of keys.</summary>
    public int Seed { get; init; } = 1;
}
