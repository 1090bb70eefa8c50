namespace KvTcp.Client;

/// <summary>
/// What has been received by the connections of one slot, one after the other. Only the thread that reads replies writes, so
/// counting needs no atomic operation; readers may see figures a moment old.
/// </summary>
internal sealed class ReplyCounters
{
    /// <summary>Whole replies, those to requests that were given up included.</summary>
    public long Replies;

    /// <summary>Replies that are <c>ERR</c>.</summary>
    public long Refusals;

    /// <summary>Keys with a value.</summary>
    public long Hits;

    /// <summary>Keys without one.</summary>
    public long Misses;

    /// <summary>Counts a key.</summary>
    public void Count(bool isHit)
    {
        if (isHit)
        {
            Hits++;
        }
        else
        {
            Misses++;
        }
    }
}
