namespace KvTcp.Transport.Loops;

/// <summary>Something that a loop keeps and ends. On the loop only.</summary>
internal interface ILoopPart
{
    /// <summary>Ends it, since the loop ends or since it has met a bug.</summary>
    void Fail(Exception reason);
}
