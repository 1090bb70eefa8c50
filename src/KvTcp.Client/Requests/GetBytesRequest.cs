using System.Buffers;

namespace KvTcp.Client;

/// <summary>GET to an array.</summary>
internal sealed class GetBytesRequest : GetRequest<byte[]?>
{
    /// <inheritdoc/>
    protected override byte[]? Take(in ReadOnlySequence<byte> value) => value.ToArray();

    /// <inheritdoc/>
    protected override void Recycle() => RequestPool<GetBytesRequest>.Return(this);
}
