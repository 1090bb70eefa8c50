namespace KvTcp.LoadGen;

/// <summary>Reads the replies of one connection, part by part. For one thread.</summary>
internal abstract class ReplyReader
{
    /// <summary>The longest line that is looked for where the protocol has short ones: far more than any server sends.</summary>
    protected const int MaxLine = 64 << 10;

    /// <summary>Makes the reader of a connection that has just been made.</summary>
    /// <param name="plan">Names the protocol and the number of keys in a request.</param>
    public static ReplyReader Create(LoadPlan plan) => plan.Protocol switch
    {
        WireProtocol.Line => new LineReplyReader(plan.KeysPerRequest),
        WireProtocol.Resp => new RespReplyReader(plan.KeysPerRequest),
        WireProtocol.Memcached => new MemcachedReplyReader(plan.KeysPerRequest),
        WireProtocol.Http => new HttpReplyReader(),
        _ => throw new ArgumentOutOfRangeException(nameof(plan), plan.Protocol, "no such protocol"),
    };

    /// <summary>Reads the next part.</summary>
    /// <param name="received">
    /// What has been received and not read. When that was not enough, the next call gets the same bytes with more behind them.
    /// </param>
    public abstract ReplyPart Read(ReadOnlySpan<byte> received);

    /// <summary>Whether the text of a value says what is expected.</summary>
    /// <param name="text">The text.</param>
    /// <param name="expected">The value.</param>
    public virtual bool Says(ReadOnlySpan<byte> text, ReadOnlySpan<byte> expected) => text.SequenceEqual(expected);
}
