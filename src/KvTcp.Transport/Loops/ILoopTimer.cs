namespace KvTcp.Transport.Loops;

/// <summary>Something that a loop does later.</summary>
internal interface ILoopTimer : ILoopPart
{
    /// <summary>The time has come; called on the loop.</summary>
    void OnTime();
}
