namespace KvTcp.Protocol.Resp;

/// <summary>A reply of RESP2, of an array the header only. A view of the received bytes.</summary>
public readonly ref struct RespReply
{
    /// <summary>What it is.</summary>
    public RespReplyKind Kind { get; init; }

    /// <summary>How many bytes it takes; 0 when it is incomplete or invalid.</summary>
    public int Length { get; init; }

    /// <summary>The number of an integer, how many elements an array has, or how many bytes are needed when it is incomplete and that is known, else 0.</summary>
    public long Number { get; init; }

    /// <summary>The text of a simple string, an error or a bulk; the line that is no reply.</summary>
    public ReadOnlySpan<byte> Text { get; init; }
}
