namespace KvTcp.Client;

/// <summary>How a client uses several servers that hold the same data.</summary>
public enum KvServerPolicy
{
    /// <summary>
    /// Every connection goes to the first server, in the order of <see cref="KvClientOptions.Servers"/>, that accepts it. A
    /// connection that has moved to a later server stays there until it breaks.
    /// </summary>
    FailOver,

    /// <summary>
    /// Every server has its own connections, and requests go to all of them in turn. A server that is away is left out until it
    /// is back.
    /// </summary>
    Spread,
}
