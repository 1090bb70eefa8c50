namespace KvTcp.Store;

/// <summary>What is wrong with a line; a line with several faults has the first one of this list.</summary>
internal enum BadLineReason : byte
{
    /// <summary>The line does not start with a canonical UUID.</summary>
    BadKey,

    /// <summary>What follows the key is no space, or nothing.</summary>
    NoSpace,

    /// <summary>The key is no version 4 UUID, and must be one.</summary>
    NotVersion4,

    /// <summary>The value is longer than the limit.</summary>
    ValueTooLong,

    /// <summary>There is a NUL in the value.</summary>
    Nul,

    /// <summary>There is a CR in the value that does not end the line.</summary>
    CarriageReturn,

    /// <summary>There is an LF in the value, which comes from elsewhere than a line.</summary>
    LineFeed,

    /// <summary>The value is not valid UTF-8.</summary>
    InvalidUtf8,
}
