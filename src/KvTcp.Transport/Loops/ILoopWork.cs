namespace KvTcp.Transport.Loops;

/// <summary>Something that a loop does when it has dealt with everybody's events.</summary>
internal interface ILoopWork : ILoopPart
{
    /// <summary>Does it, on the loop.</summary>
    void Run();
}
