using System.Buffers;
using System.Text;

namespace KvTcp.Client;

/// <summary>GET to a string.</summary>
internal sealed class GetStringRequest : GetRequest<string?>
{
    /// <summary>Where requests come from and go to.</summary>
    public static RequestPool<GetStringRequest> Pool { get; } = new();

    /// <inheritdoc/>
    protected override string? Take(in ReadOnlySequence<byte> value) => Encoding.UTF8.GetString(value);

    /// <inheritdoc/>
    protected override void Recycle() => Pool.Return(this);
}
