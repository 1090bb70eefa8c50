using System.Text;
using KvTcp.Protocol;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>Writes differences, a line each, through a buffer.</summary>
/// <param name="output">Receives the lines; it belongs to this object.</param>
internal sealed class DiffLines(Stream output) : IDisposable
{
    private const int LineLength = 2 + UuidText.Length + 1;

    private readonly byte[] _buffer = new byte[1024 * LineLength];
    private int _length;

    /// <summary>Writes a difference.</summary>
    /// <param name="difference">Its kind.</param>
    /// <param name="key">The key.</param>
    /// <exception cref="BrokenOutputException">Nobody reads any more.</exception>
    public void Write(Difference difference, Guid key)
    {
        if (_length == _buffer.Length)
        {
            Flush();
        }

        Span<byte> line = _buffer.AsSpan(_length, LineLength);
        line[0] = difference switch
        {
            Difference.Added => (byte)'+',
            Difference.Removed => (byte)'-',
            Difference.Changed => (byte)'~',
            _ => throw new ArgumentOutOfRangeException(nameof(difference)),
        };
        line[1] = (byte)' ';
        UuidText.Format(key, line[2..]);
        line[^1] = (byte)'\n';
        _length += LineLength;
    }

    /// <summary>Writes the counts, and what is still in the buffer before them.</summary>
    /// <param name="counts">The counts.</param>
    public void WriteCounts(DiffCounts counts)
    {
        Flush();
        output.Write(Encoding.ASCII.GetBytes(
            $"added   {counts.Added}\nremoved {counts.Removed}\nchanged {counts.Changed}\nequal   {counts.Equal}\n"));
    }

    public void Dispose() => output.Dispose();

    private void Flush()
    {
        output.Write(_buffer.AsSpan(0, _length));
        _length = 0;
    }
}
