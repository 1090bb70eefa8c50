namespace KvTcp.Transport.Epoll;

/// <summary>Something with a descriptor that an epoll instance watches. On its loop only.</summary>
internal abstract class EpollFile
{
    /// <summary>The descriptor.</summary>
    public abstract int File { get; }

    /// <summary>Tells it from another file that has its descriptor later; <see cref="Epoll"/> sets it.</summary>
    public uint Generation { get; set; }

    /// <summary>Events have happened, as epoll tells them.</summary>
    public abstract void OnEvents(uint events);

    /// <summary>Ends it, since the loop ends or since it has met a bug.</summary>
    public abstract void Fail(Exception reason);
}
