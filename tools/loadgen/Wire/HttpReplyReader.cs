using System.Text.Json;

namespace KvTcp.LoadGen;

/// <summary>
/// Reads HTTP/1.1 responses (RFC 9112): 200 is a value, 404 a key that was not found, everything else an error. The body has a
/// Content-Length or is chunked; one that lasts until the connection ends is refused, as keep-alive is the point.
/// </summary>
internal sealed class HttpReplyReader : ReplyReader
{
    private const int MaxHead = 64 << 10;

    private byte[] _joined = [];

    /// <inheritdoc/>
    public override ReplyPart Read(ReadOnlySpan<byte> received)
    {
        int headLength = received[..Math.Min(received.Length, MaxHead)].IndexOf("\r\n\r\n"u8);
        if (headLength < 0)
        {
            return received.Length < MaxHead ? default : ReplyPart.Invalid(received);
        }

        ReadOnlySpan<byte> head = received[..headLength];
        int lineLength = head.IndexOf("\r\n"u8);
        ReadOnlySpan<byte> statusLine = lineLength < 0 ? head : head[..lineLength];
        HttpHead? parsed = HttpHead.Parse(head);
        if (parsed is not { } fields)
        {
            return ReplyPart.Invalid(statusLine);
        }

        ReadOnlySpan<byte> rest = received[(headLength + 4)..];
        ReadOnlySpan<byte> body;
        int length;
        if (fields.IsChunked)
        {
            ChunkedBody chunks = ChunkedBody.Measure(rest);
            if (!chunks.IsComplete)
            {
                return chunks.IsInvalid ? ReplyPart.Invalid(statusLine) : default;
            }

            length = chunks.Length;
            body = chunks.Join(rest, ref _joined);
        }
        else
        {
            length = fields.ContentLength;
            if (rest.Length < length)
            {
                return default;
            }

            body = rest[..length];
        }

        return new ReplyPart
        {
            Kind = fields.Status switch { 200 => ReplyPartKind.Value, 404 => ReplyPartKind.Missing, _ => ReplyPartKind.Error },
            Text = fields.Status == 200 ? body : statusLine,
            Length = headLength + 4 + length,
            EndsReply = true,
        };
    }

    /// <summary>
    /// Whether a body is the value itself, or JSON with the value as its only string or as a string of its outermost object, whatever
    /// the services call it: <c>{"key": "..", "value": ".."}</c>, <c>{"some key": ".."}</c>.
    /// </summary>
    /// <param name="text">The body.</param>
    /// <param name="expected">The value.</param>
    public override bool Says(ReadOnlySpan<byte> text, ReadOnlySpan<byte> expected)
    {
        if (text.SequenceEqual(expected))
        {
            return true;
        }

        Utf8JsonReader json = new(text);
        try
        {
            bool isFound = false;
            while (json.Read())
            {
                isFound |= json.TokenType == JsonTokenType.String && json.CurrentDepth <= 1 && json.ValueTextEquals(expected);
            }

            return isFound;
        }
        catch (JsonException)
        {
            // Not JSON, so it could only have been the value itself.
            return false;
        }
    }
}
