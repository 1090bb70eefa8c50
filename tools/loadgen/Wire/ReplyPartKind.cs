namespace KvTcp.LoadGen;

/// <summary>What a part of a reply says.</summary>
internal enum ReplyPartKind
{
    /// <summary>Nothing yet: more has to be received first.</summary>
    Incomplete,

    /// <summary>That the answers to several keys follow.</summary>
    Heading,

    /// <summary>The value of a key.</summary>
    Value,

    /// <summary>That a key was not found.</summary>
    Missing,

    /// <summary>That the keys without a value so far were not found.</summary>
    RestMissing,

    /// <summary>An error, of one key or of all.</summary>
    Error,

    /// <summary>Nothing that the protocol allows there; the connection cannot be used any more.</summary>
    Invalid,
}
