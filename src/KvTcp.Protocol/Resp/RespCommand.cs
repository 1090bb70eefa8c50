namespace KvTcp.Protocol.Resp;

/// <summary>The commands of RESP that are answered, docs/redis.md#commands.</summary>
public enum RespCommand : byte
{
    /// <summary>No such command.</summary>
    None,

    /// <summary>A command of Redis that writes: refused, because nothing here can be written.</summary>
    Write,

    /// <summary>The value of a key.</summary>
    Get,

    /// <summary>The values of several keys.</summary>
    MGet,

    /// <summary>How many of the keys exist.</summary>
    Exists,

    /// <summary>The length of a value.</summary>
    StrLen,

    /// <summary>The type of a value.</summary>
    Type,

    /// <summary>The seconds that a key has to live.</summary>
    Ttl,

    /// <summary>The milliseconds that a key has to live.</summary>
    PTtl,

    /// <summary>All keys, some at a time.</summary>
    Scan,

    /// <summary>Any key.</summary>
    RandomKey,

    /// <summary>The number of keys.</summary>
    DbSize,

    /// <summary>Answers PONG, or its argument.</summary>
    Ping,

    /// <summary>Answers its argument.</summary>
    Echo,

    /// <summary>Chooses a database; there is only number 0.</summary>
    Select,

    /// <summary>Chooses RESP2 or RESP3.</summary>
    Hello,

    /// <summary>Authenticates the connection.</summary>
    Auth,

    /// <summary>About the connection and others.</summary>
    Client,

    /// <summary>About the commands.</summary>
    Command,

    /// <summary>The settings.</summary>
    Config,

    /// <summary>Figures about the server.</summary>
    Info,

    /// <summary>Allows reads from a replica of a Cluster: always so here.</summary>
    ReadOnly,

    /// <summary>Answers, then closes.</summary>
    Quit,

    /// <summary>Puts the connection back to how it began.</summary>
    Reset,
}
