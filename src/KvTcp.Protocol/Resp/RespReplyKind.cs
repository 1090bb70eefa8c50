namespace KvTcp.Protocol.Resp;

/// <summary>What <see cref="RespReplyParser"/> found at the front of the received bytes.</summary>
public enum RespReplyKind : byte
{
    /// <summary>Its end has not been received: read more.</summary>
    Incomplete,

    /// <summary>A simple string, such as <c>+OK</c>.</summary>
    Simple,

    /// <summary>An error: its code, a space, and what it means.</summary>
    Error,

    /// <summary>An integer.</summary>
    Number,

    /// <summary>A bulk: any bytes.</summary>
    Bulk,

    /// <summary>Null, written as a bulk or as an array.</summary>
    Null,

    /// <summary>The header of an array; so many replies follow.</summary>
    Array,

    /// <summary>No reply of RESP2, or longer than allowed: the connection cannot be used any more.</summary>
    Invalid,
}
