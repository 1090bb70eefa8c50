using KvTcp.Protocol;

namespace KvTcp.Server;

/// <summary>What is to be known of keys whose values nobody wants: how many are hits, or why that cannot be told.</summary>
internal struct HitCount : IValueWriter
{
    private int _length;

    /// <summary>How many are hits.</summary>
    public int Hits { get; private set; }

    /// <summary>The length of the last value.</summary>
    public readonly int Length => _length;

    /// <summary>Why nothing can be told of some keys; the first reason.</summary>
    public (ErrorCode Code, byte[] Text)? Failure { get; private set; }

    /// <inheritdoc/>
    public readonly long Written => 0;

    /// <inheritdoc/>
    public void WriteValue(scoped ReadOnlySpan<byte> value) => WriteValueStart(value.Length);

    /// <inheritdoc/>
    public void WriteValueStart(int length)
    {
        Hits++;
        _length = length;
    }

    /// <inheritdoc/>
    public readonly void WriteValuePart(scoped ReadOnlySpan<byte> part)
    {
    }

    /// <inheritdoc/>
    public readonly void WriteValueEnd()
    {
    }

    /// <inheritdoc/>
    public readonly void WriteNotFound()
    {
    }

    /// <inheritdoc/>
    public void WriteError(ErrorCode code, scoped ReadOnlySpan<byte> text) => Failure ??= (code, text.ToArray());
}
