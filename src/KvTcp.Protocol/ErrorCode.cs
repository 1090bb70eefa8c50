namespace KvTcp.Protocol;

/// <summary>The codes of an <c>ERR</c> reply, docs/protocol.md#errors-and-who-closes.</summary>
public enum ErrorCode : byte
{
    /// <summary>A code that this version does not know; only a client meets it.</summary>
    Unrecognized,

    /// <summary><c>UNKNOWN</c>: no such command.</summary>
    Unknown,

    /// <summary><c>ARGS</c>: a wrong number of arguments.</summary>
    Args,

    /// <summary><c>BAD_KEY</c>: not a key.</summary>
    BadKey,

    /// <summary><c>TOO_LONG</c>: the request line exceeds its limit. The server closes.</summary>
    TooLong,

    /// <summary><c>REFUSED</c>: a known command that is not offered here.</summary>
    Refused,

    /// <summary><c>NOAUTH</c>: authentication comes first.</summary>
    NoAuth,

    /// <summary><c>WRONGPASS</c>: a wrong token.</summary>
    WrongPass,

    /// <summary><c>LOADING</c>: the source is itself loading.</summary>
    Loading,

    /// <summary><c>BUSY</c>: the connection limit is reached. The server closes.</summary>
    Busy,

    /// <summary><c>HTTP</c>: an HTTP request on the line protocol's port. The server closes.</summary>
    Http,

    /// <summary><c>INTERNAL</c>: a bug. The server closes.</summary>
    Internal,
}
