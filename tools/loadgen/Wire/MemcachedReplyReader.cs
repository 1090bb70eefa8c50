using System.Buffers.Text;

namespace KvTcp.LoadGen;

// get: *( "VALUE" SP key SP flags SP length CRLF value CRLF ) "END" CRLF, in the order of the keys, without those not found
//      | "ERROR" CRLF | "CLIENT_ERROR" SP text CRLF | "SERVER_ERROR" SP text CRLF     https://docs.memcached.org/protocols/basic/

/// <summary>Reads replies of the text protocol of memcached.</summary>
internal sealed class MemcachedReplyReader(int keysPerRequest) : ReplyReader
{
    private int _values;

    /// <inheritdoc/>
    public override ReplyPart Read(ReadOnlySpan<byte> received)
    {
        int end = received[..Math.Min(received.Length, MaxLine)].IndexOf("\r\n"u8);
        if (end < 0)
        {
            return received.Length < MaxLine ? default : ReplyPart.Invalid(received);
        }

        ReadOnlySpan<byte> line = received[..end];
        if (line.StartsWith("VALUE "u8) && _values < keysPerRequest)
        {
            return ReadValue(received, line);
        }

        if (line.SequenceEqual("END"u8))
        {
            _values = 0;
            return new ReplyPart { Kind = ReplyPartKind.RestMissing, Length = end + 2, EndsReply = true };
        }

        if (line.SequenceEqual("ERROR"u8) || line.StartsWith("CLIENT_ERROR"u8) || line.StartsWith("SERVER_ERROR"u8))
        {
            _values = 0;
            return new ReplyPart { Kind = ReplyPartKind.Error, Text = line, Length = end + 2, EndsReply = true };
        }

        return ReplyPart.Invalid(line);
    }

    private ReplyPart ReadValue(ReadOnlySpan<byte> received, ReadOnlySpan<byte> line)
    {
        int lastSpace = line.LastIndexOf((byte)' ');
        ReadOnlySpan<byte> rest = line["VALUE ".Length..];
        int keyLength = rest.IndexOf((byte)' ');
        if (keyLength <= 0 || !Utf8Parser.TryParse(line[(lastSpace + 1)..], out int length, out int digits) ||
            digits != line.Length - lastSpace - 1 || length is < 0 or > ReceiveBuffer.MaxCapacity)
        {
            return ReplyPart.Invalid(line);
        }

        int start = line.Length + 2;
        if (received.Length - start < length + 2)
        {
            return default;
        }

        if (!received[(start + length)..].StartsWith("\r\n"u8))
        {
            return ReplyPart.Invalid(line);
        }

        _values++;
        return new ReplyPart
        {
            Kind = ReplyPartKind.Value,
            Key = rest[..keyLength],
            Text = received.Slice(start, length),
            Length = start + length + 2,
        };
    }
}
