namespace KvTcp.Server;

/// <summary>Why a client was turned away, or made to wait: docs/metrics.md has the words.</summary>
internal enum Refusal : byte
{
    /// <summary>A connection beyond <see cref="ServerOptions.MaxConnections"/>.</summary>
    ConnectionLimit,

    /// <summary>A connection beyond <see cref="ServerOptions.MaxConnectionsPerAddress"/>.</summary>
    AddressLimit,

    /// <summary>A connection whose TLS handshake failed.</summary>
    Handshake,

    /// <summary>No request, or no TLS handshake, within <see cref="ServerOptions.FirstRequestTimeout"/>.</summary>
    FirstRequestTimeout,

    /// <summary>No request within <see cref="ServerOptions.IdleTimeout"/>.</summary>
    IdleTimeout,

    /// <summary>Replies not taken within <see cref="ServerOptions.UnreadReplyTimeout"/>.</summary>
    UnreadReplyTimeout,

    /// <summary>A reply that went on beyond <see cref="ServerOptions.OldDatasetTimeout"/>.</summary>
    OldDatasetTimeout,

    /// <summary>A request line beyond <see cref="ServerOptions.MaxRequestLine"/>, or what is allowed before AUTH.</summary>
    LineTooLong,

    /// <summary>A request with more keys than <see cref="ServerOptions.MaxKeys"/>.</summary>
    TooManyKeys,

    /// <summary>Requests that had to wait for <see cref="ServerOptions.RequestsPerSecond"/>.</summary>
    RequestRate,

    /// <summary>A wrong token.</summary>
    WrongToken,

    /// <summary>A token that did not count, after too many wrong ones.</summary>
    HeldOff,

    /// <summary>An HTTP connection beyond those that HTTP may have.</summary>
    HttpConnectionLimit,

    /// <summary>An HTTP connection beyond <see cref="ServerOptions.MaxConnectionsPerAddress"/>, which are counted apart from those of the line protocol.</summary>
    HttpAddressLimit,

    /// <summary>The head of an HTTP request not whole within <see cref="ServerOptions.FirstRequestTimeout"/>.</summary>
    HttpHeadTimeout,

    /// <summary>No HTTP request within <see cref="ServerOptions.IdleTimeout"/>.</summary>
    HttpIdleTimeout,

    /// <summary>The body of an HTTP request that came too slowly.</summary>
    HttpBodyTimeout,

    /// <summary>HTTP replies not taken within <see cref="ServerOptions.UnreadReplyTimeout"/>.</summary>
    HttpUnreadReplyTimeout,

    /// <summary>An HTTP request beyond <see cref="Http.HttpOptions.RequestsPerSecond"/>.</summary>
    HttpRequestRate,

    /// <summary>An HTTP request whose line or headers are longer than Kestrel takes.</summary>
    HttpHeadTooLong,

    /// <summary>An HTTP request whose body is longer than <see cref="Http.HttpOptions.MaxBody"/>.</summary>
    HttpBodyTooLong,

    /// <summary>An HTTP request with more keys than <see cref="Http.HttpOptions.MaxBatch"/>.</summary>
    HttpBatchTooLong,
}
