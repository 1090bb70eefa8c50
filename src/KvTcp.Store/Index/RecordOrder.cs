namespace KvTcp.Store.Index;

/// <summary>The order of the lines that records came from, by the records' offsets.</summary>
/// <remarks>
/// Within a chunk offsets grow with the lines; which worker took which chunk is chance. Only duplicates ask.
/// </remarks>
internal sealed class RecordOrder
{
    private readonly long[] _starts;
    private readonly int[] _chunks;

    /// <summary>Takes the runs of all chunks, in the order of the lines.</summary>
    public RecordOrder(IReadOnlyList<RecordRun[]> runsOfChunks)
    {
        var starts = new List<long>();
        var chunks = new List<int>();
        for (int chunk = 0; chunk < runsOfChunks.Count; chunk++)
        {
            foreach (RecordRun run in runsOfChunks[chunk])
            {
                starts.Add(run.Start);
                chunks.Add(chunk);
            }
        }

        _starts = [.. starts];
        _chunks = [.. chunks];
        Array.Sort(_starts, _chunks);
    }

    /// <summary>Which chunk a record came from.</summary>
    public int ChunkOf(long offset)
    {
        int index = Array.BinarySearch(_starts, offset);
        return _chunks[index >= 0 ? index : ~index - 1];
    }

    /// <summary>Whether the line of one record comes after that of another.</summary>
    public bool IsLater(long offset, long than)
    {
        int chunk = ChunkOf(offset);
        int otherChunk = ChunkOf(than);
        return chunk == otherChunk ? offset > than : chunk > otherChunk;
    }
}
