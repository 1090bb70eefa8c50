using System.Buffers;
using System.Text;

namespace KvTcp.Client;

/// <summary>GET to a string.</summary>
internal sealed class GetStringRequest : GetRequest<string?>
{
    /// <inheritdoc/>
    protected override string? Take(in ReadOnlySequence<byte> value) => Encoding.UTF8.GetString(value);

    /// <inheritdoc/>
    protected override void Recycle() => RequestPool<GetStringRequest>.Return(this);
}
