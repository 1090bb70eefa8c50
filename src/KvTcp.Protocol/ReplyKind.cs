namespace KvTcp.Protocol;

/// <summary>The kinds of reply, docs/protocol.md#grammar.</summary>
public enum ReplyKind : byte
{
    /// <summary><c>OK [text]</c>.</summary>
    Ok,

    /// <summary><c>NOT_FOUND</c>.</summary>
    NotFound,

    /// <summary><c>ERR code text</c>.</summary>
    Error,

    /// <summary><c>LINES n</c>; n more lines follow, which the caller reads with <see cref="LineFraming"/> or as replies (MGET).</summary>
    Lines,
}
