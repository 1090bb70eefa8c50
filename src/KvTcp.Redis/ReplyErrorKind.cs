namespace KvTcp.Redis;

/// <summary>What an error asks for.</summary>
internal enum ReplyErrorKind : byte
{
    /// <summary>Nothing: the request is refused.</summary>
    Refusal,

    /// <summary>The slot is with another node from now on.</summary>
    Moved,

    /// <summary>This key may be with another node, which is to be asked this once.</summary>
    Ask,

    /// <summary>The node or the Cluster is not ready: try again.</summary>
    Passing,

    /// <summary>The node is a replica: in a Cluster another one is the master now.</summary>
    ReadOnly,

    /// <summary>The value of the key is no string.</summary>
    WrongType,
}
