namespace KvTcp.Protocol;

/// <summary>What <see cref="LineFraming.TryReadLine"/> found.</summary>
public enum FramingStatus : byte
{
    /// <summary>A whole line, now consumed.</summary>
    Line,

    /// <summary>No LF yet: read more. Nothing is consumed.</summary>
    Incomplete,

    /// <summary>The line exceeds the limit; whether its end has arrived or not. Nothing is consumed.</summary>
    TooLong,
}
