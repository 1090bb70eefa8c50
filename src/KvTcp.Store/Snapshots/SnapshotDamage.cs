namespace KvTcp.Store;

/// <summary>Gathers the blocks with a wrong checksum, and says where they lie. Thread-safe.</summary>
/// <param name="header">The header of the snapshot.</param>
internal sealed class SnapshotDamage(SnapshotHeader header)
{
    private readonly Lock _lock = new();
    private long _blocks;
    private long _first = long.MaxValue;
    private long _firstEnd;

    /// <summary>What is damaged, in words that can follow the name of the file; null if nothing is.</summary>
    public string? Description
    {
        get
        {
            lock (_lock)
            {
                string part = _first >= header.RecordsStart ? "records" : _firstEnd <= header.RecordsStart ? "slots" : "slots or records";
                return _blocks == 0
                    ? null
                    : $"is damaged in its {part}, bytes {_first} to {_firstEnd - 1}: {_blocks} of {header.Blocks} blocks have the wrong checksum";
            }
        }
    }

    /// <summary>Adds a block.</summary>
    public void Add(long position, int length)
    {
        lock (_lock)
        {
            _blocks++;
            if (position < _first)
            {
                (_first, _firstEnd) = (position, position + length);
            }
        }
    }
}
