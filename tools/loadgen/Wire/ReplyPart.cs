namespace KvTcp.LoadGen;

/// <summary>A part of a reply: as much as answers one key. A view of the received bytes.</summary>
internal readonly ref struct ReplyPart
{
    /// <summary>What it says.</summary>
    public ReplyPartKind Kind { get; init; }

    /// <summary>How many bytes it takes; 0 when it is incomplete.</summary>
    public int Length { get; init; }

    /// <summary>Whether the request is answered with it.</summary>
    public bool EndsReply { get; init; }

    /// <summary>The value, or the words of the error.</summary>
    public ReadOnlySpan<byte> Text { get; init; }

    /// <summary>The key that the value belongs to, where the protocol says so.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>Bytes that are no reply.</summary>
    /// <param name="text">The bytes.</param>
    public static ReplyPart Invalid(ReadOnlySpan<byte> text) => new() { Kind = ReplyPartKind.Invalid, Text = text };
}
