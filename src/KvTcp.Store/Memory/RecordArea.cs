using KvTcp.Store.Index;

namespace KvTcp.Store.Memory;

/// <summary>Where the records of a dataset lie, and the memory that they lie in.</summary>
internal sealed unsafe class RecordArea : IDisposable
{
    /// <summary>Takes over the memory.</summary>
    /// <param name="region">The memory.</param>
    /// <param name="start">Where offset 0 is; the memory must be readable up to <see cref="Record.Slack"/> behind the last record.</param>
    /// <param name="runs">The records, with ascending offsets.</param>
    /// <param name="isForeign">See <see cref="IsForeign"/>.</param>
    public RecordArea(NativeRegion region, byte* start, IEnumerable<RecordRun> runs, bool isForeign)
    {
        Region = region;
        IsForeign = isForeign;
        Start = start;
        Runs = Joined(runs);
    }

    public NativeRegion Region { get; }

    /// <summary>
    /// Whether records and slots come from a file that somebody else may have written or damaged, and have to be followed with care.
    /// </summary>
    public bool IsForeign { get; }

    public byte* Start { get; }

    /// <summary>The records, with ascending offsets and a gap between each run and the next.</summary>
    public IReadOnlyList<RecordRun> Runs { get; }

    /// <summary>The offset behind the last record.</summary>
    public long End => Runs.Count > 0 ? Runs[^1].End : RecordArena.FirstOffset;

    public void Dispose() => Region.Dispose();

    private static List<RecordRun> Joined(IEnumerable<RecordRun> runs)
    {
        var joined = new List<RecordRun>();
        foreach (RecordRun run in runs)
        {
            if (joined.Count > 0 && joined[^1].End == run.Start)
            {
                joined[^1] = joined[^1] with { End = run.End };
            }
            else
            {
                joined.Add(run);
            }
        }

        return joined;
    }
}
