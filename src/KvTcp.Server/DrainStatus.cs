namespace KvTcp.Server;

/// <summary>How <see cref="RequestDispatcher.Drain"/> ended. Whatever it wrote has to be flushed in any case.</summary>
internal enum DrainStatus : byte
{
    /// <summary>Every complete request is answered: read more.</summary>
    NeedInput,

    /// <summary>As much is written as may be at once: flush, then drain the rest of the same bytes.</summary>
    OutputFull,

    /// <summary>
    /// A reload, a rollback or the penalty of a wrong token is under way, or an engine has been asked: flush, wait for
    /// <see cref="RequestDispatcher.WaitAsync"/>, then drain the rest of the same bytes.
    /// </summary>
    Waiting,

    /// <summary>The connection has to be closed after the flush.</summary>
    Close,
}
