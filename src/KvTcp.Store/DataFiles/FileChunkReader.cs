using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace KvTcp.Store;

/// <summary>Reads chunks of one plain file and parses their lines; one for each worker.</summary>
/// <remarks>
/// A line belongs to the chunk in which it begins. Files are read, never mapped: a mapped file that somebody truncates kills
/// the process.
/// </remarks>
internal sealed unsafe class FileChunkReader
{
    // Enough to find the end of most lines that reach beyond their chunk with the chunk's last read.
    private const int Overhang = 1024;

    private readonly SafeFileHandle _file;
    private readonly string _name;
    private readonly long _fileLength;
    private readonly LineParser _parser;
    private readonly TextBuffer _buffer;
    private readonly int _longestLine;
    private long _position;

    /// <summary>Creates a reader of one file.</summary>
    /// <param name="source">The plain file.</param>
    /// <param name="parser">The worker's parser.</param>
    /// <param name="buffer">The worker's buffer.</param>
    /// <param name="longestLine">See <see cref="LineParser.LongestLine"/>.</param>
    public FileChunkReader(OpenedSource source, LineParser parser, TextBuffer buffer, int longestLine)
    {
        _file = source.PlainFile!;
        _name = source.Name;
        _fileLength = source.StoredLength!.Value;
        _parser = parser;
        _buffer = buffer;
        _longestLine = longestLine;
    }

    /// <summary>Parses the lines that begin in a range of the file.</summary>
    /// <param name="start">The start of the range.</param>
    /// <param name="end">The end of the range.</param>
    /// <param name="isFirst">Whether a line begins at <paramref name="start"/> in any case.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="IOException">The file cannot be read, or is shorter than it was when it was opened.</exception>
    public void Parse(long start, long end, bool isFirst, CancellationToken cancellationToken)
    {
        Debug.Assert(start < end && end <= _fileLength);
        _position = isFirst ? start : start - 1;
        _buffer.Length = 0;
        if (!isFirst && !SkipLine(end, cancellationToken))
        {
            return;
        }

        do
        {
            if (_position >= end && ParseToChunkEnd(end))
            {
                return;
            }

            ParseWholeLines();
            if (_buffer.Length > _longestLine)
            {
                _parser.AddLongLine(_buffer.Start, _buffer.Length);
                if (_position >= end || !SkipLine(end, cancellationToken))
                {
                    return;
                }
            }
            else if (_buffer.Length == _buffer.Capacity)
            {
                _buffer.Grow(Math.Max(_longestLine + 1, 2 * _buffer.Capacity));
            }
        }
        while (Read(end, cancellationToken));

        if (_buffer.Length > 0)
        {
            _parser.ParseLastLine(_buffer.Start, _buffer.Length);
        }
    }

    /// <summary>Drops the buffer and reads to the beginning of the next line; what is read of that is in the buffer.</summary>
    /// <returns>False if no line begins before <paramref name="end"/>.</returns>
    private bool SkipLine(long end, CancellationToken cancellationToken)
    {
        _buffer.Length = 0;
        while (Read(end, cancellationToken))
        {
            int lineFeed = _buffer.Text.IndexOf((byte)'\n');
            if (lineFeed >= 0)
            {
                _buffer.Drop(lineFeed + 1);
                return BufferPosition < end;
            }

            _buffer.Length = 0;
            if (_position >= end)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Parses up to the end of the line that contains the chunk's last byte, if the buffer reaches that far.</summary>
    private bool ParseToChunkEnd(long end)
    {
        int last = (int)Math.Max(0, end - 1 - BufferPosition);
        int lineFeed = _buffer.Text[last..].IndexOf((byte)'\n');
        if (lineFeed >= 0)
        {
            _parser.ParseLines(_buffer.Start, last + lineFeed + 1);
            return true;
        }

        return false;
    }

    private void ParseWholeLines()
    {
        int lineFeed = _buffer.Text.LastIndexOf((byte)'\n');
        if (lineFeed >= 0)
        {
            _parser.ParseLines(_buffer.Start, lineFeed + 1);
            _buffer.Drop(lineFeed + 1);
        }
    }

    /// <summary>The place in the file of the buffer's first byte.</summary>
    private long BufferPosition => _position - _buffer.Length;

    /// <summary>Reads on, up to a little beyond the end of the chunk; beyond that in steps as long as the line so far.</summary>
    /// <returns>False at the end of the file.</returns>
    private bool Read(long end, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long limit = Math.Min(_fileLength, Math.Max(end, _position + _buffer.Length) + Overhang);
        Span<byte> free = _buffer.Free;
        free = free[..(int)Math.Min(free.Length, limit - _position)];
        if (free.IsEmpty)
        {
            return false;
        }

        int read = RandomAccess.Read(_file, free, _position);
        if (read == 0)
        {
            throw new IOException($"{_name} became shorter while it was read: {_position:N0} of {_fileLength:N0} bytes.");
        }

        _position += read;
        _buffer.Length += read;
        return true;
    }
}
