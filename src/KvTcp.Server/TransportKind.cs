namespace KvTcp.Server;

/// <summary>What carries the bytes between the clients and the server.</summary>
public enum TransportKind
{
    /// <summary>The fastest that this system has.</summary>
    Auto,

    /// <summary>Kestrel's own transport over .NET's sockets; works everywhere.</summary>
    Sockets,

    /// <summary>Event loops of our own over epoll; Linux only.</summary>
    Epoll,

    /// <summary>Event loops of our own over io_uring, where the system allows it; else the next best, with a warning.</summary>
    IoUring,
}
