using System.Buffers;
using System.Diagnostics;

namespace KvTcp.Client;

/// <summary>GET to the caller's writer, without an array between.</summary>
internal sealed class GetToWriterRequest : GetRequest<bool>
{
    /// <summary>Receives the value.</summary>
    public IBufferWriter<byte>? Destination { get; set; }

    /// <inheritdoc/>
    protected override bool Take(in ReadOnlySequence<byte> value)
    {
        Debug.Assert(Destination is not null);
        foreach (ReadOnlyMemory<byte> part in value)
        {
            Destination.Write(part.Span);
        }

        return true;
    }

    /// <inheritdoc/>
    protected override void Recycle()
    {
        Destination = null;
        RequestPool<GetToWriterRequest>.Return(this);
    }
}
