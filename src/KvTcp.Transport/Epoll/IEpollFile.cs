using KvTcp.Transport.Loops;

namespace KvTcp.Transport.Epoll;

/// <summary>Something with a descriptor that an epoll instance watches. On its loop only.</summary>
internal interface IEpollFile : ILoopPart
{
    /// <summary>The descriptor.</summary>
    int File { get; }

    /// <summary>Tells its events from those of an earlier file with its descriptor; <see cref="EpollEngine"/> sets it.</summary>
    uint Generation { get; set; }

    /// <summary>Events have happened, as epoll tells them.</summary>
    void OnEvents(uint events);
}
