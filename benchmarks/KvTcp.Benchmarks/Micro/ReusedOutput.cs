using System.Buffers;

namespace KvTcp.Benchmarks.Micro;

/// <summary>An output like a pipe's, in blocks of 4 KiB, that forgets what was written when it starts over.</summary>
internal sealed class ReusedOutput : IBufferWriter<byte>
{
    private const int BlockLength = 4096;

    private readonly byte[] _bytes = new byte[1024 * 1024];
    private int _written;

    /// <summary>What was written since the start.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _written);

    /// <summary>Forgets what was written.</summary>
    public void StartOver() => _written = 0;

    /// <inheritdoc/>
    public void Advance(int count) => _written += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => _bytes.AsMemory(_written, Room(sizeHint));

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => _bytes.AsSpan(_written, Room(sizeHint));

    private int Room(int sizeHint) => Math.Max(sizeHint, BlockLength - (_written % BlockLength));
}
