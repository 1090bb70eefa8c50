namespace KvTcp.Transport.Loops;

/// <summary>Something that other threads give a loop to do.</summary>
internal interface ILoopWork
{
    /// <summary>Does it, on the loop.</summary>
    void Run();
}
