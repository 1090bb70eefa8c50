using System.Text;
using System.Text.Json;
using KvTcp.Protocol;
using KvTcp.Server.Engine;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace KvTcp.Server.Http;

/// <summary>The routes that tell the value of one key; they differ in how the reply is written. Thread-safe.</summary>
/// <param name="lookups">Looks up.</param>
/// <param name="options">The limits of replies.</param>
internal sealed class KeyRoutes(HttpLookups lookups, ServerOptions options)
{
    /// <summary>The name of the key in the patterns of the routes.</summary>
    public const string KeyParameter = "key";

    private const string NotFound = "no value is stored under this key";
    /// <summary>Why there is no answer while nothing is loaded.</summary>
    public const string Loading = "no dataset is loaded yet; try again soon";
    private const string PlainText = "text/plain; charset=utf-8";
    private const int LargestWhole = 16 * 1024;

    private enum Shape
    {
        /// <summary><c>{"key": ..., "value": ...}</c></summary>
        Pair,

        /// <summary><c>{"value": ...}</c></summary>
        Value,

        /// <summary><c>{"the key": "the value"}</c></summary>
        Named,

        /// <summary>The bytes of the value.</summary>
        Text,
    }

    /// <summary>GET /v1/keys/{key}: a pair as JSON, or the bare value.</summary>
    public Task GetAsync(HttpContext context)
    {
        context.Response.Headers.Vary = HeaderNames.Accept;
        return AnswerAsync(context, PrefersText(context.Request) ? Shape.Text : Shape.Pair);
    }

    /// <summary>GET /keys/{key} and its like: a pair as JSON.</summary>
    public Task GetPairAsync(HttpContext context) => AnswerAsync(context, Shape.Pair);

    /// <summary>GET /debug/item/{key}: an object with the key as the name of the value.</summary>
    public Task GetNamedAsync(HttpContext context) => AnswerAsync(context, Shape.Named);

    /// <summary>POST /get_value: the value for the key in the body.</summary>
    public async Task PostGetValueAsync(HttpContext context)
    {
        (KeyBody? body, int status, string? error) = await RequestBody.ReadAsync(context, HttpJson.Default.KeyBody);
        if (body is null)
        {
            await SendMessage(context.Response, status, error!);
        }
        else if (!lookups.TryParse(body.Key, out Guid key))
        {
            await SendMessage(
                context.Response, StatusCodes.Status422UnprocessableEntity, body.Key is null ? "the field key is missing" : lookups.KeyRule);
        }
        else
        {
            await FindAsync(context, key, Shape.Value);
        }
    }

    private Task AnswerAsync(HttpContext context, Shape shape) =>
        lookups.TryParse(context.GetRouteValue(KeyParameter) as string, out Guid key)
            ? FindAsync(context, key, shape)
            : SmallReply.Problem(context.Response, StatusCodes.Status422UnprocessableEntity, lookups.KeyRule);

    private async Task FindAsync(HttpContext context, Guid key, Shape shape)
    {
        if (!lookups.TryHold(out HeldDataset held))
        {
            await SendUnavailable(context.Response, shape, Loading);
            return;
        }

        using (held)
        {
            FoundValue found = (await lookups.FindAsync(held, new[] { key }))[0];
            await SendAsync(context, held, key, found, shape);
        }
    }

    private Task SendAsync(HttpContext context, in HeldDataset held, Guid key, FoundValue found, Shape shape)
    {
        if (found.Failure is EngineFailure failure)
        {
            return SendUnavailable(context.Response, shape, Encoding.UTF8.GetString(failure.Text));
        }

        if (!found.IsHit)
        {
            return SendNotFound(context.Response, shape);
        }

        context.Response.Headers.CacheControl = "no-cache";
        if (shape != Shape.Value && held.EntityTag is string entityTag && IsUnchanged(context, entityTag))
        {
            return Task.CompletedTask;
        }

        int length = found.Value.Length;
        return length > LargestWhole || (length >= StreamedReply.LeastCompressed && StreamedReply.MayCompress(context.Request))
            ? StreamAsync(context, held, key, found, shape)
            : SendWhole(context.Response, key, found, shape);
    }

    /// <summary>Sets the entity tag, and answers 304 if the client has what it names.</summary>
    private static bool IsUnchanged(HttpContext context, string entityTag)
    {
        context.Response.Headers.ETag = entityTag;
        if (!EntityTags.Match(context.Request.Headers.IfNoneMatch, entityTag))
        {
            return false;
        }

        context.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }

    private static Task SendWhole(HttpResponse response, Guid key, FoundValue value, Shape shape)
    {
        if (shape == Shape.Text)
        {
            return SmallReply.Send(response, value.Value, PlainText);
        }

        Utf8JsonWriter writer = SmallReply.Begin();
        WriteStart(writer, key, shape);
        writer.WriteStringValue(value.Value);
        writer.WriteEndObject();
        return SmallReply.Send(response, writer);
    }

    private async Task StreamAsync(HttpContext context, HeldDataset held, Guid key, FoundValue value, Shape shape)
    {
        await using StreamedReply reply = StreamedReply.Begin(context, held, options, shape == Shape.Text ? PlainText : SmallReply.Json);
        if (shape == Shape.Text)
        {
            await reply.WriteBytesAsync(value);
            return;
        }

        WriteStart(reply.Json, key, shape);
        if (await reply.WriteValueAsync(value))
        {
            reply.Json.WriteEndObject();
        }
    }

    private static void WriteStart(Utf8JsonWriter writer, Guid key, Shape shape)
    {
        Span<byte> text = stackalloc byte[UuidText.Length];
        UuidText.Format(key, text);
        writer.WriteStartObject();
        switch (shape)
        {
            case Shape.Pair:
                writer.WriteString("key"u8, text);
                writer.WritePropertyName("value"u8);
                break;
            case Shape.Named:
                writer.WritePropertyName(text);
                break;
            default:
                writer.WritePropertyName("value"u8);
                break;
        }
    }

    private static Task SendNotFound(HttpResponse response, Shape shape) => shape switch
    {
        Shape.Value => SendMessage(response, StatusCodes.Status404NotFound, NotFound),
        Shape.Named => SmallReply.Send(
            response, StatusCodes.Status404NotFound, new DetailBody("Item not found"), HttpJson.Default.DetailBody),
        _ => SmallReply.Problem(response, StatusCodes.Status404NotFound, NotFound),
    };

    private static Task SendUnavailable(HttpResponse response, Shape shape, string why)
    {
        response.Headers.RetryAfter = "1";
        return shape == Shape.Value
            ? SendMessage(response, StatusCodes.Status503ServiceUnavailable, why)
            : SmallReply.Problem(response, StatusCodes.Status503ServiceUnavailable, why);
    }

    private static Task SendMessage(HttpResponse response, int status, string message) =>
        SmallReply.Send(response, status, new MessageBody(message), HttpJson.Default.MessageBody);

    /// <summary>Whether a client wants the bare value: it asks for plain text by name, and for JSON less or not by name.</summary>
    private static bool PrefersText(HttpRequest request)
    {
        if (request.Headers.Accept.Count == 0 || !request.Headers.Accept.ToString().Contains("text/plain", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        IList<MediaTypeHeaderValue> accepted = request.GetTypedHeaders().Accept;
        return Quality("text/plain") > Quality(SmallReply.Json);

        double Quality(string type) => accepted.Where(value => value.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase))
            .Select(static value => value.Quality ?? 1).DefaultIfEmpty(0).Max();
    }
}
