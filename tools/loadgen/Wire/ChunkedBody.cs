using System.Buffers.Text;

namespace KvTcp.LoadGen;

// chunked-body = *( 1*HEXDIG [ extensions ] CRLF data CRLF ) 1*"0" [ extensions ] CRLF *( trailer CRLF ) CRLF
//                                                                  https://www.rfc-editor.org/rfc/rfc9112#section-7.1

/// <summary>A body in chunks, as far as it has been received. Immutable.</summary>
/// <param name="IsComplete">Whether all of it is there.</param>
/// <param name="IsInvalid">Whether it breaks the grammar.</param>
/// <param name="Length">How many bytes it takes, chunk sizes and trailers included.</param>
/// <param name="DataLength">How long the body is.</param>
internal readonly record struct ChunkedBody(bool IsComplete, bool IsInvalid, int Length, int DataLength)
{
    /// <summary>Looks for the end of a body.</summary>
    /// <param name="received">What has been received from its beginning.</param>
    public static ChunkedBody Measure(ReadOnlySpan<byte> received)
    {
        int position = 0;
        int dataLength = 0;
        while (TryReadSize(received[position..], out int size, out int sizeLength))
        {
            position += sizeLength;
            if (size == 0)
            {
                return MeasureTrailer(received, position, dataLength);
            }

            if (size > 0 && received.Length - position < size + 2)
            {
                return default;
            }

            if (size < 0 || !received[(position + size)..].StartsWith("\r\n"u8))
            {
                return new ChunkedBody(false, true, 0, 0);
            }

            position += size + 2;
            dataLength += size;
        }

        return default;
    }

    /// <summary>Puts the data of the chunks together.</summary>
    /// <param name="received">What <see cref="Measure"/> found complete.</param>
    /// <param name="buffer">Holds the result; grows to fit.</param>
    public ReadOnlySpan<byte> Join(ReadOnlySpan<byte> received, ref byte[] buffer)
    {
        if (buffer.Length < DataLength)
        {
            buffer = new byte[Math.Max(DataLength, 2 * buffer.Length)];
        }

        int joined = 0;
        for (int position = 0; TryReadSize(received[position..], out int size, out int sizeLength) && size > 0; position += sizeLength + size + 2)
        {
            received.Slice(position + sizeLength, size).CopyTo(buffer.AsSpan(joined));
            joined += size;
        }

        return buffer.AsSpan(0, joined);
    }

    private static ChunkedBody MeasureTrailer(ReadOnlySpan<byte> received, int position, int dataLength)
    {
        while (true)
        {
            int end = received[position..].IndexOf("\r\n"u8);
            if (end < 0)
            {
                return default;
            }

            position += end + 2;
            if (end == 0)
            {
                return new ChunkedBody(true, false, position, dataLength);
            }
        }
    }

    /// <param name="received">Starts with the line of a chunk's size.</param>
    /// <param name="size">The size; -1 when it is none.</param>
    /// <param name="length">The length of the line.</param>
    /// <returns>False when the line has not ended.</returns>
    private static bool TryReadSize(ReadOnlySpan<byte> received, out int size, out int length)
    {
        int end = received.IndexOf("\r\n"u8);
        length = end + 2;
        size = -1;
        if (end >= 0 && Utf8Parser.TryParse(received[..end], out int number, out int digits, 'x') && number is >= 0 and <= ReceiveBuffer.MaxCapacity &&
            (digits == end || received[digits] is (byte)';' or (byte)' '))
        {
            size = number;
        }

        return end >= 0;
    }
}
