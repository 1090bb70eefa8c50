namespace KvTcp.LoadGen;

/// <summary>What the server speaks.</summary>
internal enum WireProtocol
{
    /// <summary>The line protocol, docs/protocol.md.</summary>
    Line,

    /// <summary>RESP2: GET and MGET of Redis, Valkey, Garnet.</summary>
    Resp,

    /// <summary>The text protocol of memcached: <c>get</c> with one key or several.</summary>
    Memcached,

    /// <summary>HTTP/1.1: a GET of one key with keep-alive.</summary>
    Http,
}
