using System.Diagnostics;

namespace KvTcp.Store;

/// <summary>Cuts the text of a stream into blocks of whole lines.</summary>
internal sealed class StreamBlockReader
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private readonly Stream _text;
    private readonly int _blockLength;
    private byte[] _rest = [];
    private int _restLength;
    private bool _atStart = true;
    private bool _atEnd;
    private bool _inLongLine;

    /// <summary>Creates a reader.</summary>
    /// <param name="text">The text.</param>
    /// <param name="blockLength">The length from which a block is handed out.</param>
    public StreamBlockReader(Stream text, int blockLength)
    {
        _text = text;
        _blockLength = blockLength;
    }

    /// <summary>Fills the next block.</summary>
    /// <param name="block">Receives the text; its capacity is at least 4 and more than the longest line that can be a pair.</param>
    /// <returns>What it holds.</returns>
    public BlockKind Fill(TextBuffer block)
    {
        _rest.AsSpan(0, _restLength).CopyTo(block.Free);
        block.Length = _restLength;
        _restLength = 0;
        int lineFeed = -1;
        while (lineFeed < 0 && Read(block))
        {
            lineFeed = block.Length >= _blockLength ? block.Text.LastIndexOf((byte)'\n') : -1;
        }

        if (block.Length == 0)
        {
            return BlockKind.End;
        }

        if (lineFeed < 0)
        {
            lineFeed = block.Text.LastIndexOf((byte)'\n');
        }

        if (lineFeed >= 0)
        {
            Keep(block.Text[(lineFeed + 1)..]);
            block.Length = lineFeed + 1;
            return BlockKind.WholeLines;
        }

        if (_atEnd)
        {
            return BlockKind.LastLine;
        }

        Debug.Assert(block.Length == block.Capacity);
        _inLongLine = true;
        return BlockKind.LongLine;
    }

    /// <summary>Reads on, past the byte order mark and the rest of a line that is too long.</summary>
    /// <returns>False at the end of the stream, or when the block is full.</returns>
    private bool Read(TextBuffer block)
    {
        while (!_atEnd && block.Length < block.Capacity)
        {
            int read = _text.Read(block.Free);
            _atEnd = read == 0;
            block.Length += read;
            if (_atStart)
            {
                if (block.Length < ByteOrderMark.Length && !_atEnd)
                {
                    continue;
                }

                _atStart = false;
                block.Drop(block.Text.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0);
            }

            if (!_inLongLine)
            {
                return !_atEnd;
            }

            int lineFeed = block.Text.IndexOf((byte)'\n');
            _inLongLine = lineFeed < 0;
            block.Drop(_inLongLine ? block.Length : lineFeed + 1);
        }

        return false;
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        if (_rest.Length < rest.Length)
        {
            _rest = new byte[Math.Max(rest.Length, 2 * _rest.Length)];
        }

        rest.CopyTo(_rest);
        _restLength = rest.Length;
    }
}
