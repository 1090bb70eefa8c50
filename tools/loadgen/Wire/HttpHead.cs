using System.Buffers.Text;
using System.Text;

namespace KvTcp.LoadGen;

/// <summary>What the head of an HTTP response says of its length. Immutable.</summary>
/// <param name="Status">The status code.</param>
/// <param name="ContentLength">The length of a body that is not chunked.</param>
/// <param name="IsChunked">Whether the body comes in chunks.</param>
internal readonly record struct HttpHead(int Status, int ContentLength, bool IsChunked)
{
    /// <summary>Reads a head.</summary>
    /// <param name="head">Its lines, without the empty one.</param>
    /// <returns>Null when it is none, or leaves open where the body ends.</returns>
    public static HttpHead? Parse(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1."u8) || head.Length < 12 || !Utf8Parser.TryParse(head[9..12], out int status, out int digits) || digits != 3)
        {
            return null;
        }

        // RFC 9110, section 6.4.1: these have no body.
        int? length = status is 204 or 304 ? 0 : null;
        bool isChunked = false;
        for (int end = head.IndexOf("\r\n"u8); end >= 0; end = head.IndexOf("\r\n"u8))
        {
            head = head[(end + 2)..];
            int lineEnd = head.IndexOf("\r\n"u8);
            ReadOnlySpan<byte> line = lineEnd < 0 ? head : head[..lineEnd];
            int colon = line.IndexOf((byte)':');
            if (colon <= 0)
            {
                return null;
            }

            ReadOnlySpan<byte> value = line[(colon + 1)..].Trim(" \t"u8);
            if (Ascii.EqualsIgnoreCase(line[..colon], "content-length"u8))
            {
                if (!Utf8Parser.TryParse(value, out int number, out digits) || digits != value.Length || number < 0)
                {
                    return null;
                }

                length = number;
            }
            else if (Ascii.EqualsIgnoreCase(line[..colon], "transfer-encoding"u8))
            {
                isChunked = Ascii.EqualsIgnoreCase(value, "chunked"u8);
            }
        }

        return length is null && !isChunked ? null : new HttpHead(status, length ?? 0, isChunked);
    }
}
