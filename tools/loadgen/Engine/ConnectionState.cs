namespace KvTcp.LoadGen;

/// <summary>Where a connection stands.</summary>
internal enum ConnectionState
{
    /// <summary>There is no socket.</summary>
    Down,

    /// <summary>The socket is connecting.</summary>
    Connecting,

    /// <summary>The socket is connected; TLS or AUTH is under way.</summary>
    Greeting,

    /// <summary>Requests can be sent.</summary>
    Open,
}
