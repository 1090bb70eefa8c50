namespace KvTcp.Transport;

/// <summary>
/// The loops of a <see cref="LoopTransportFactory"/> cannot be started: the system refuses what they wait with, or lacks files, memory
/// or threads for them. Nothing of them is left.
/// </summary>
public sealed class LoopEngineException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="engine">What the loops were to wait with.</param>
    /// <param name="reason">Why not, as the end of a sentence.</param>
    /// <param name="innerException">What the system has said.</param>
    internal LoopEngineException(LoopEngineKind engine, string reason, Exception innerException)
        : base($"The loops cannot be started: {reason}.", innerException)
    {
        Engine = engine;
        Reason = reason;
    }

    /// <summary>What the loops were to wait with.</summary>
    public LoopEngineKind Engine { get; }

    /// <summary>Why not, as the end of a sentence.</summary>
    public string Reason { get; }
}
