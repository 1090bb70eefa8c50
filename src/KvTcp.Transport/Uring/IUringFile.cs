using KvTcp.Transport.Loops;

namespace KvTcp.Transport.Uring;

/// <summary>Something that has operations in a ring. On its loop only.</summary>
internal interface IUringFile : ILoopPart
{
    /// <summary>Something has become of an operation.</summary>
    /// <param name="operation">Which one.</param>
    /// <param name="completion">What.</param>
    void OnCompletion(UringOperation operation, in Completion completion);
}
