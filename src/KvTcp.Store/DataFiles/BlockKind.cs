namespace KvTcp.Store;

/// <summary>What a block of a stream's text holds.</summary>
internal enum BlockKind
{
    /// <summary>Nothing: the stream has ended.</summary>
    End,

    /// <summary>Whole lines, each with its LF.</summary>
    WholeLines,

    /// <summary>The last line of the stream, without LF.</summary>
    LastLine,

    /// <summary>The beginning of a line that is too long; the rest of it is in no block.</summary>
    LongLine,
}
