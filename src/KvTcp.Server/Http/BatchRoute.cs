using System.Text.Json;
using KvTcp.Protocol;
using KvTcp.Server.Engine;
using Microsoft.AspNetCore.Http;

namespace KvTcp.Server.Http;

/// <summary>POST /v1/keys: the values of many keys, all from one dataset. Thread-safe.</summary>
/// <param name="lookups">Looks up.</param>
/// <param name="options">The limits of replies.</param>
/// <param name="refusals">Where batches that are too long are counted.</param>
internal sealed class BatchRoute(HttpLookups lookups, ServerOptions options, Refusals refusals)
{
    /// <summary>Answers.</summary>
    public async Task PostAsync(HttpContext context)
    {
        (BatchRequestBody? body, int status, string? error) = await RequestBody.ReadAsync(context, HttpJson.Default.BatchRequestBody);
        if (body is null)
        {
            await SmallReply.Problem(context.Response, status, error!);
            return;
        }

        if (body.Keys is not { Count: > 0 and <= HttpOptions.MaxBatch } texts)
        {
            if (body.Keys is { Count: > HttpOptions.MaxBatch })
            {
                refusals.Note(Refusal.HttpBatchTooLong, RemoteEnd.Of(context.Features));
            }

            await SmallReply.Problem(
                context.Response,
                StatusCodes.Status422UnprocessableEntity,
                body.Keys is null ? "the field keys is missing" : $"a batch has 1 to {HttpOptions.MaxBatch} keys");
            return;
        }

        Guid[] keys = new Guid[texts.Count];
        int[] malformed = [.. Enumerable.Range(0, keys.Length).Where(i => !lookups.TryParse(texts[i], out keys[i]))];
        if (malformed.Length > 0)
        {
            await SmallReply.Problem(context.Response, new ProblemBody("Unprocessable Entity", 422, lookups.KeyRule) { MalformedKeys = malformed });
            return;
        }

        await FindAsync(context, keys);
    }

    private async Task FindAsync(HttpContext context, Guid[] keys)
    {
        if (!lookups.TryHold(out HeldDataset held))
        {
            context.Response.Headers.RetryAfter = "1";
            await SmallReply.Problem(context.Response, StatusCodes.Status503ServiceUnavailable, KeyRoutes.Loading);
            return;
        }

        using (held)
        {
            await using StreamedReply reply = StreamedReply.Begin(context, held, options);
            reply.Json.WriteStartObject();
            reply.Json.WriteString("dataset_id"u8, held.DatasetId);
            reply.Json.WriteStartArray("items"u8);
            int window = lookups.FirstKeys;
            for (int done = 0; done < keys.Length;)
            {
                FoundValue[] found = await lookups.FindAsync(held, keys.AsMemory(done, Math.Min(window, keys.Length - done)));
                for (int i = 0; i < found.Length; i++)
                {
                    if (!await TryWriteItemAsync(reply, keys[done + i], found[i]))
                    {
                        return;
                    }
                }

                done += found.Length;
                window = Math.Min(2 * found.Length, EngineRequests.MaxKeys);
            }

            reply.Json.WriteEndArray();
            reply.Json.WriteEndObject();
        }
    }

    private static async ValueTask<bool> TryWriteItemAsync(StreamedReply reply, Guid key, FoundValue found)
    {
        WriteKey(reply.Json, key);
        if (found.IsHit && !await reply.WriteValueAsync(found))
        {
            return false;
        }

        if (!found.IsHit)
        {
            reply.Json.WriteNullValue();
        }

        if (found.Failure is EngineFailure failure)
        {
            reply.Json.WriteString("error"u8, failure.Text);
        }

        reply.Json.WriteEndObject();
        return true;
    }

    private static void WriteKey(Utf8JsonWriter writer, Guid key)
    {
        Span<byte> text = stackalloc byte[UuidText.Length];
        UuidText.Format(key, text);
        writer.WriteStartObject();
        writer.WriteString("key"u8, text);
        writer.WritePropertyName("value"u8);
    }
}
