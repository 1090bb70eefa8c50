namespace KvTcp.Store.Index;

/// <summary>What inserting records found out; each worker has one, and they are added up.</summary>
internal sealed class IndexTally
{
    public long Keys { get; set; }

    public int LongestProbe { get; set; }

    public long ProbeSum { get; set; }

    public long Duplicates { get; set; }

    public long DuplicateValueBytes { get; set; }

    public ulong DuplicateHashSum { get; set; }

    /// <summary>Of the records that lost against another one with their key, that of the first line; 0 if there is none.</summary>
    public long FirstDuplicate { get; set; }

    public void Add(IndexTally other, RecordOrder order)
    {
        Keys += other.Keys;
        LongestProbe = Math.Max(LongestProbe, other.LongestProbe);
        ProbeSum += other.ProbeSum;
        Duplicates += other.Duplicates;
        DuplicateValueBytes += other.DuplicateValueBytes;
        DuplicateHashSum += other.DuplicateHashSum;
        AddDuplicate(other.FirstDuplicate, order);
    }

    public void AddDuplicate(long offset, RecordOrder order)
    {
        if (offset != 0 && (FirstDuplicate == 0 || order.IsLater(FirstDuplicate, offset)))
        {
            FirstDuplicate = offset;
        }
    }
}
