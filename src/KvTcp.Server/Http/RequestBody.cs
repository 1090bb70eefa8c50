using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace KvTcp.Server.Http;

/// <summary>
/// Reads the JSON of a request. A body that is too long or too slow ends in an exception of Kestrel's, which the guard answers. Until it is whole it is
/// bytes: as objects, which a client may leave unfinished, it would be many times as long.
/// </summary>
internal static class RequestBody
{
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    /// <summary>Reads.</summary>
    /// <typeparam name="T">What the body holds.</typeparam>
    /// <param name="context">The request.</param>
    /// <param name="type">How it is read.</param>
    /// <returns>The body; or null, the status to answer with, and why.</returns>
    public static async ValueTask<(T? Body, int Status, string? Error)> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        if (!IsJson(context.Request.ContentType))
        {
            return (null, StatusCodes.Status415UnsupportedMediaType, "the body must be JSON: Content-Type: application/json");
        }

        try
        {
            return (await ReadAsync(context.Request.BodyReader, type, context.RequestAborted), StatusCodes.Status422UnprocessableEntity, "the body must be a JSON object");
        }
        catch (JsonException)
        {
            // Its message repeats what the client has sent.
            return (null, StatusCodes.Status422UnprocessableEntity, "the body is not the JSON that this route expects; see /openapi/v1.json");
        }
    }

    private static async ValueTask<T?> ReadAsync<T>(PipeReader reader, JsonTypeInfo<T> type, CancellationToken aborted)
    {
        ReadResult read = await reader.ReadAsync(aborted);
        while (!read.IsCompleted)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await reader.ReadAsync(aborted);
        }

        try
        {
            return Parse(read.Buffer, type);
        }
        finally
        {
            reader.AdvanceTo(read.Buffer.End);
        }
    }

    /// <exception cref="JsonException">It is not what is asked for, or something follows it.</exception>
    private static T? Parse<T>(in ReadOnlySequence<byte> body, JsonTypeInfo<T> type)
    {
        SequenceReader<byte> bytes = new(body);
        bytes.IsNext(ByteOrderMark, advancePast: true);
        Utf8JsonReader json = new(bytes.UnreadSequence);
        T? parsed = JsonSerializer.Deserialize(ref json, type);
        return json.Read() ? throw new JsonException() : parsed;
    }

    /// <summary>A body without a type counts as JSON, as FastAPI has it.</summary>
    private static bool IsJson(string? contentType) =>
        string.IsNullOrEmpty(contentType)
        || (MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
            && (type.MediaType.Equals(SmallReply.Json, StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)));
}
