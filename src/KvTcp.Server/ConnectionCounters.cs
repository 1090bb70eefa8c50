namespace KvTcp.Server;

/// <summary>
/// What one connection has done, or several together. One thread at a time writes; any thread may read, and may see figures a
/// moment old. Counting so costs a request no write to memory that other connections share.
/// </summary>
internal sealed class ConnectionCounters
{
    /// <summary>Complete requests; blank lines do not count.</summary>
    public long Requests;

    /// <summary>Keys found.</summary>
    public long KeyHits;

    /// <summary>Keys not found.</summary>
    public long KeyMisses;

    /// <summary>Keys that an engine has given no answer to.</summary>
    public long KeyFailures;

    /// <summary>Malformed keys.</summary>
    public long KeyErrors;

    /// <summary>Requests answered with an error other than a malformed key.</summary>
    public long RequestErrors;

    /// <summary>Bytes of the requests.</summary>
    public long BytesReceived;

    /// <summary>Bytes of the replies.</summary>
    public long BytesSent;

    /// <summary>Adds the figures of another.</summary>
    public void Add(ConnectionCounters other)
    {
        Requests += other.Requests;
        KeyHits += other.KeyHits;
        KeyMisses += other.KeyMisses;
        KeyFailures += other.KeyFailures;
        KeyErrors += other.KeyErrors;
        RequestErrors += other.RequestErrors;
        BytesReceived += other.BytesReceived;
        BytesSent += other.BytesSent;
    }
}
