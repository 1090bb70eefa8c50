namespace KvTcp.Protocol;

/// <summary>What <see cref="ReplyParser.TryRead"/> found.</summary>
public enum ReplyStatus : byte
{
    /// <summary>A whole reply line, now consumed.</summary>
    Reply,

    /// <summary>No LF yet: read more. Nothing is consumed.</summary>
    Incomplete,

    /// <summary>The bytes are no reply, or the line is too long: the stream can no longer be trusted. Nothing is consumed.</summary>
    Invalid,
}
