namespace KvTcp.Protocol;

/// <summary>The commands of the line protocol, docs/protocol.md#commands.</summary>
public enum Command : byte
{
    /// <summary>No command: a blank line, or a word that is none of the others.</summary>
    None,

    /// <summary><c>GET key</c>: the value of a key.</summary>
    Get,

    /// <summary><c>MGET key ...</c>: the values of several keys, from one dataset.</summary>
    MGet,

    /// <summary><c>EXISTS key ...</c>: how many of the keys exist.</summary>
    Exists,

    /// <summary><c>COUNT</c>: the number of keys.</summary>
    Count,

    /// <summary><c>STATS</c>: figures about the server and its dataset.</summary>
    Stats,

    /// <summary><c>VERSION</c>: the server's version and dataset id.</summary>
    Version,

    /// <summary><c>PING</c>: answers <c>PONG</c>.</summary>
    Ping,

    /// <summary><c>HELP</c>: a line per command.</summary>
    Help,

    /// <summary><c>RELOAD</c>: load the data again.</summary>
    Reload,

    /// <summary><c>ROLLBACK</c>: return to the previous dataset.</summary>
    Rollback,

    /// <summary><c>AUTH token</c>: authenticate the connection.</summary>
    Auth,

    /// <summary><c>QUIT</c>: answer, then close.</summary>
    Quit,
}
