using System.Text;

namespace KvTcp.Protocol.Resp;

/// <summary>The commands of RESP: their words, how many arguments they take, what to tell of them. Thread-safe.</summary>
public static class RespCommandTable
{
    /// <summary>The longest word, in bytes.</summary>
    public const int LongestWord = 20;

    private static readonly RespCommandInfo[] Commands =
    [
        //                            name        arity  group           arguments                     summary
        new(RespCommand.Get,          "get",          2, "string",       "key",                        "The value of a key."),
        new(RespCommand.MGet,         "mget",        -2, "string",       "key [key ...]",              "The values of several keys, from one dataset."),
        new(RespCommand.Exists,       "exists",      -2, "generic",      "key [key ...]",              "How many of the keys exist."),
        new(RespCommand.StrLen,       "strlen",       2, "string",       "key",                        "The length of a value in bytes."),
        new(RespCommand.Type,         "type",         2, "generic",      "key",                        "The type of a value: string, or none for a missing key."),
        new(RespCommand.Ttl,          "ttl",          2, "generic",      "key",                        "How long a key lives: -1, for ever; -2, it is missing."),
        new(RespCommand.PTtl,         "pttl",         2, "generic",      "key",                        "The same as TTL."),
        new(RespCommand.Scan,         "scan",        -2, "generic",      "cursor [MATCH pattern] [COUNT count] [TYPE type]", "All keys, some at a time."),
        new(RespCommand.RandomKey,    "randomkey",    1, "generic",      "",                           "Some key."),
        new(RespCommand.DbSize,       "dbsize",       1, "server",       "",                           "The number of keys."),
        new(RespCommand.Ping,         "ping",        -1, "connection",   "[message]",                  "Answers PONG, or the message."),
        new(RespCommand.Echo,         "echo",         2, "connection",   "message",                    "Answers the message."),
        new(RespCommand.Select,       "select",       2, "connection",   "index",                      "Chooses a database: there is only number 0."),
        new(RespCommand.Hello,        "hello",       -1, "connection",   "[protover [AUTH username password] [SETNAME clientname]]", "Chooses RESP2 or RESP3."),
        new(RespCommand.Auth,         "auth",        -2, "connection",   "[username] password",        "Authenticates the connection."),
        new(RespCommand.Client,       "client",      -2, "connection",   "subcommand [argument ...]",  "GETNAME, ID, INFO, LIST, NO-EVICT, SETINFO, SETNAME."),
        new(RespCommand.Command,      "command",     -1, "server",       "[subcommand [argument ...]]", "The commands; COUNT, DOCS, INFO, LIST."),
        new(RespCommand.Config,       "config",      -2, "server",       "GET parameter [parameter ...]", "The settings that clients ask for."),
        new(RespCommand.Info,         "info",        -1, "server",       "[section [section ...]]",    "Figures about the server and its dataset."),
        new(RespCommand.ReadOnly,     "readonly",     1, "cluster",      "",                           "Allows reads: always so here."),
        new(RespCommand.Quit,         "quit",        -1, "connection",   "",                           "Answers, then closes."),
        new(RespCommand.Reset,        "reset",        1, "connection",   "",                           "Puts the connection back to how it began."),
    ];

    // What is refused as a write; what is in neither list is unknown.
    private static readonly string[] Writes =
    [
        "append", "bitfield", "bitop", "blmove", "blmpop", "blpop", "brpop", "brpoplpush", "bzmpop", "bzpopmax", "bzpopmin", "copy", "decr",
        "decrby", "del", "eval", "evalsha", "expire", "expireat", "fcall", "flushall", "flushdb", "function", "geoadd", "georadius",
        "georadiusbymember", "geosearchstore", "getdel", "getex", "getset", "hdel", "hexpire", "hexpireat", "hincrby", "hincrbyfloat", "hmset",
        "hpersist", "hpexpire", "hpexpireat", "hset", "hsetnx", "incr", "incrby", "incrbyfloat", "linsert", "lmove", "lmpop", "lpop", "lpush",
        "lpushx", "lrem", "lset", "ltrim", "migrate", "move", "mset", "msetnx", "persist", "pexpire", "pexpireat", "pfadd", "pfmerge",
        "psetex", "rename", "renamenx", "restore", "rpop", "rpoplpush", "rpush", "rpushx", "sadd", "sdiffstore", "set", "setbit", "setex",
        "setnx", "setrange", "sinterstore", "smove", "sort", "spop", "srem", "sunionstore", "swapdb", "unlink", "xack", "xadd", "xautoclaim",
        "xclaim", "xdel", "xgroup", "xreadgroup", "xsetid", "xtrim", "zadd", "zdiffstore", "zincrby", "zinterstore", "zmpop", "zpopmax",
        "zpopmin", "zrangestore", "zrem", "zremrangebylex", "zremrangebyrank", "zremrangebyscore", "zunionstore",
    ];

    private static readonly Dictionary<string, RespCommandInfo> ByName = Commands
        .Concat(Writes.Select(static name => new RespCommandInfo(RespCommand.Write, name, -1, "generic", "", "Refused.")))
        .ToDictionary(static info => info.Name, StringComparer.Ordinal);

    private static readonly Dictionary<string, RespCommandInfo>.AlternateLookup<ReadOnlySpan<char>> ByWord =
        ByName.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The commands that are answered, <see cref="RespCommand.Write"/> left out.</summary>
    public static IReadOnlyList<RespCommandInfo> All => Commands;

    /// <summary>The command of a word.</summary>
    /// <param name="word">The first argument of a request, in any case.</param>
    /// <returns>The command, or <see langword="null"/>.</returns>
    public static RespCommandInfo? Find(ReadOnlySpan<byte> word)
    {
        if (Ascii.EqualsIgnoreCase(word, "get"u8))
        {
            return Commands[0];
        }

        Span<char> name = stackalloc char[LongestWord];
        return word.Length <= LongestWord && Ascii.ToLower(word, name, out int length) == System.Buffers.OperationStatus.Done
            && ByWord.TryGetValue(name.Slice(0, length), out RespCommandInfo? info)
                ? info
                : null;
    }
}
