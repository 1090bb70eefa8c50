namespace KvTcp.Tests.Store;

/// <summary>A stream that gives its bytes in small pieces, as a pipe may.</summary>
internal sealed class TrickleStream(byte[] content, int pieceLength) : MemoryStream(content)
{
    public override bool CanSeek => false;

    public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, pieceLength));
}
