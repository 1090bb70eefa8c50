using KvTcp.Store.Index;

namespace KvTcp.Store;

/// <summary>The sizes that loading works with; they change its speed, never its result. Tests make them tiny.</summary>
internal sealed record LoadTuning
{
    /// <summary>How much of a file a worker claims at a time. Small enough to share the work evenly to the end.</summary>
    public int ChunkLength { get; init; } = 4 << 20;

    /// <summary>How much of a chunk is read at a time: it stays in the processor's second-level cache while it is parsed.</summary>
    public int BufferLength { get; init; } = 512 << 10;

    /// <summary>How much of a stream is handed to a worker at a time.</summary>
    public int BlockLength { get; init; } = 1 << 20;

    /// <summary>How much memory for records a worker claims at a time.</summary>
    public long ExtentLength { get; init; } = 8 << 20;

    /// <summary>The longest probe that is accepted; a longer one starts the index again with another seed.</summary>
    public int MaxProbe { get; init; } = SlotTable.MaxProbe;

    /// <summary>Gives the hash of the index for each attempt, from 0.</summary>
    public Func<int, KeyHash> Hash { get; init; } = static _ => KeyHash.CreateRandom();
}
