namespace KvTcp.Transport;

/// <summary>The interface of the kernel that a <see cref="LoopTransportFactory"/> waits with.</summary>
public enum LoopEngineKind
{
    /// <summary>epoll: the kernel tells when something can be done. Every Linux has it.</summary>
    Epoll,

    /// <summary>io_uring: the kernel does it, and tells. Not every system allows it; <see cref="IoUringProbe"/> knows.</summary>
    IoUring,
}
