namespace KvTcp.Transport;

/// <summary>What other threads tell a connection's loop. They add up until the loop reads them, in the order in which they stand here.</summary>
[Flags]
internal enum ConnectionMessages
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The connection is to be reset; first, so that nothing is ended in order before.</summary>
    Abort = 1 << 0,

    /// <summary>The handler waits for input.</summary>
    Read = 1 << 1,

    /// <summary>The handler waits for output to be sent.</summary>
    Flush = 1 << 2,

    /// <summary>A read that waits is to be cancelled.</summary>
    CancelRead = 1 << 3,

    /// <summary>The token of a read has fired.</summary>
    ReadTokenFired = 1 << 4,

    /// <summary>A flush that waits is to be cancelled.</summary>
    CancelFlush = 1 << 5,

    /// <summary>The token of a flush has fired.</summary>
    FlushTokenFired = 1 << 6,

    /// <summary>The handler reads no more.</summary>
    CompleteInput = 1 << 7,

    /// <summary>The handler writes no more.</summary>
    CompleteOutput = 1 << 8,

    /// <summary>Somebody waits for the end of the connection.</summary>
    Dispose = 1 << 9,
}
