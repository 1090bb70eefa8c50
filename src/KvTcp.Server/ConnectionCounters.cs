using KvTcp.Server.Metrics;

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

    /// <summary>Malformed keys.</summary>
    public long KeyErrors;

    /// <summary>Requests answered with an error other than a malformed key.</summary>
    public long RequestErrors;

    /// <summary>Bytes of the requests.</summary>
    public long BytesReceived;

    /// <summary>Bytes of the replies.</summary>
    public long BytesSent;

    // Two a slot, answered and refused. Most connections only ever send GETs that are answered, which need none.
    private long[]? _byCommand;

    /// <summary>Requests of a command.</summary>
    /// <param name="slot">The command's slot, <see cref="CommandSlots"/>.</param>
    /// <returns>How many were answered, and how many with an error. The GETs that were answered are left out.</returns>
    public (long Answered, long Refused) Of(int slot) => _byCommand is long[] counts ? (counts[2 * slot], counts[(2 * slot) + 1]) : default;

    /// <summary>Counts a request that is no GET, or is answered with an error.</summary>
    /// <param name="slot">Its command's slot.</param>
    /// <param name="isRefused">Whether it is answered with an error.</param>
    public void Count(int slot, bool isRefused)
    {
        _byCommand ??= new long[2 * CommandSlots.Count];
        _byCommand[(2 * slot) + (isRefused ? 1 : 0)]++;
    }

    /// <summary>Adds the figures of another.</summary>
    public void Add(ConnectionCounters other)
    {
        Requests += other.Requests;
        KeyHits += other.KeyHits;
        KeyMisses += other.KeyMisses;
        KeyErrors += other.KeyErrors;
        RequestErrors += other.RequestErrors;
        BytesReceived += other.BytesReceived;
        BytesSent += other.BytesSent;
        for (int i = 0; i < other._byCommand?.Length; i++)
        {
            _byCommand ??= new long[other._byCommand.Length];
            _byCommand[i] += other._byCommand[i];
        }
    }
}
