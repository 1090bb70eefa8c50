using System.Buffers;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>EXISTS for a part of the keys of the caller.</summary>
/// <param name="keys">The part, at most <see cref="RequestWriter.MaxKeys"/> keys.</param>
internal sealed class ExistsRequest(ReadOnlyMemory<Guid> keys) : NumberRequest
{
    /// <inheritdoc/>
    public override Command Command => Command.Exists;

    /// <inheritdoc/>
    public override int KeyCount => keys.Length;

    /// <inheritdoc/>
    protected override void Write(IBufferWriter<byte> output) => RequestWriter.WriteExists(output, keys.Span);
}
