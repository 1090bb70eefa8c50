namespace KvTcp.Transport.Uring;

/// <summary>What comes back with each completion of an operation: the place of a file in the engine, or of a send in its batch, and the operation.</summary>
internal static class OperationData
{
    /// <summary>That of cancellations and closes, which are nobody's.</summary>
    public const ulong End = NoPlace | (ulong)UringOperation.End;

    /// <summary>That of the watch of the counter that wakes the loop.</summary>
    public const ulong WakeUp = NoPlace | (ulong)UringOperation.Watch;

    private const int OperationBits = 3;
    private const ulong NoPlace = ulong.MaxValue << OperationBits;

    /// <summary>That of an operation.</summary>
    public static ulong Of(int place, UringOperation operation) => (ulong)place << OperationBits | (ulong)operation;

    /// <summary>The place; one that no file has when the operation is nobody's.</summary>
    public static ulong PlaceIn(ulong data) => data >> OperationBits;

    /// <summary>The operation.</summary>
    public static UringOperation OperationIn(ulong data) => (UringOperation)(data & (1 << OperationBits) - 1);
}
