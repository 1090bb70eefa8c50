using System.Buffers;

namespace KvTcp.Client;

/// <summary>GET to an array.</summary>
internal sealed class GetBytesRequest : GetRequest<byte[]?>
{
    /// <summary>Where requests come from and go to.</summary>
    public static RequestPool<GetBytesRequest> Pool { get; } = new();

    /// <inheritdoc/>
    protected override byte[]? Take(in ReadOnlySequence<byte> value) => value.ToArray();

    /// <inheritdoc/>
    protected override void Recycle() => Pool.Return(this);
}
