namespace KvTcp.LoadGen;

/// <summary>Where a connection stands.</summary>
internal enum ConnectionState
{
    /// <summary>There is no socket.</summary>
    Down,

    /// <summary>The socket is connecting.</summary>
    Connecting,

    /// <summary>Requests can be sent.</summary>
    Open,
}
