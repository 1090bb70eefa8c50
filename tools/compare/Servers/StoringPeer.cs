using System.Buffers;

namespace KvTcp.Compare;

/// <summary>A server that starts empty, and that pairs are sent to.</summary>
internal abstract class StoringPeer : Peer
{
    /// <summary>The reply to every pair that it has stored.</summary>
    public abstract ReadOnlyMemory<byte> Stored { get; }

    /// <summary>Writes the request that stores a pair.</summary>
    public abstract void WriteStore(IBufferWriter<byte> output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);
}
