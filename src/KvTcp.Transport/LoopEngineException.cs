using System.ComponentModel;

namespace KvTcp.Transport;

/// <summary>
/// The loops of a <see cref="LoopTransportFactory"/> cannot be started: the system refuses what they wait with, or lacks the files or
/// the memory for it. Nothing of them is left.
/// </summary>
public sealed class LoopEngineException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="engine">What the loops were to wait with.</param>
    /// <param name="reason">Why not, as the end of a sentence.</param>
    /// <param name="innerException">The system's error.</param>
    internal LoopEngineException(LoopEngineKind engine, string reason, Win32Exception innerException)
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
