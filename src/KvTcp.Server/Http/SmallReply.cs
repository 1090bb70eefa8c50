using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace KvTcp.Server.Http;

/// <summary>Replies that are built whole, so that their length is known: nearly all. Nothing here waits, so a thread needs one buffer.</summary>
internal static class SmallReply
{
    public const string Json = "application/json";

    public const string ProblemJson = "application/problem+json";

    /// <summary>How all JSON is written: as UTF-8 where JSON allows it, since it is never put into a page. Values are checked as they are read.</summary>
    public static JsonWriterOptions WriterOptions { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? t_writer;

    /// <summary>A writer for one reply, which <c>Send</c> sends.</summary>
    public static Utf8JsonWriter Begin()
    {
        ArrayBufferWriter<byte> buffer = t_buffer ??= new ArrayBufferWriter<byte>(1024);
        buffer.ResetWrittenCount();
        Utf8JsonWriter writer = t_writer ??= new Utf8JsonWriter(buffer, WriterOptions);
        writer.Reset(buffer);
        return writer;
    }

    /// <summary>Sends what was written.</summary>
    public static Task Send(HttpResponse response, Utf8JsonWriter writer, string contentType = Json) =>
        Send(response, Written(writer), contentType);

    /// <summary>Sends bytes.</summary>
    public static Task Send(HttpResponse response, ReadOnlySpan<byte> body, string contentType)
    {
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        response.BodyWriter.Write(body);
        return Task.CompletedTask;
    }

    /// <summary>Sends a body.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="response">Where to.</param>
    /// <param name="status">The status.</param>
    /// <param name="body">The body.</param>
    /// <param name="type">How it becomes JSON.</param>
    /// <param name="contentType">What it is.</param>
    public static Task Send<T>(HttpResponse response, int status, T body, JsonTypeInfo<T> type, string contentType = Json)
    {
        response.StatusCode = status;
        Utf8JsonWriter writer = Begin();
        JsonSerializer.Serialize(writer, body, type);
        return Send(response, writer, contentType);
    }

    /// <summary>Writes a body, as a part of what is sent.</summary>
    public static void WriteJson<T>(HttpResponse response, T body, JsonTypeInfo<T> type)
    {
        Utf8JsonWriter writer = Begin();
        JsonSerializer.Serialize(writer, body, type);
        response.BodyWriter.Write(Written(writer));
    }

    /// <summary>Sends an error.</summary>
    /// <param name="response">Where to.</param>
    /// <param name="status">The status.</param>
    /// <param name="detail">What is wrong, and what to do. It never repeats what the client sent.</param>
    public static Task Problem(HttpResponse response, int status, string detail) =>
        Problem(response, new ProblemBody(ReasonPhrases.GetReasonPhrase(status), status, detail));

    /// <summary>Sends an error.</summary>
    public static Task Problem(HttpResponse response, ProblemBody problem) =>
        Send(response, problem.Status, problem, HttpJson.Default.ProblemBody, ProblemJson);

    private static ReadOnlySpan<byte> Written(Utf8JsonWriter writer)
    {
        writer.Flush();
        return t_buffer!.WrittenSpan;
    }
}
