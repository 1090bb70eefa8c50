using System.Globalization;
using System.Text.Json;
using KvTcp.Protocol;
using KvTcp.Store;
using Microsoft.AspNetCore.Http;

namespace KvTcp.Server.Http;

// cursor = order "-" position            16 and 1 to 16 hexadecimal digits
// Dataset.Scan knows the position, Dataset.ScanOrder tells whether it means the same in this dataset.

/// <summary>GET /debug/datastore: all pairs, or some with a limit, in constant memory. Thread-safe.</summary>
/// <param name="lookups">Where the dataset is from.</param>
/// <param name="options">The limits of replies.</param>
internal sealed class DatastoreRoute(HttpLookups lookups, ServerOptions options)
{
    /// <summary>How many pairs are read at once.</summary>
    private const int Portion = 256;

    /// <summary>Answers.</summary>
    public async Task GetAsync(HttpContext context)
    {
        if (lookups.HasEngine)
        {
            await SmallReply.Problem(
                context.Response, StatusCodes.Status501NotImplemented, "the server has no dataset, it answers from an engine; ask that");
            return;
        }

        if (!lookups.TryHold(out HeldDataset held))
        {
            context.Response.Headers.RetryAfter = "1";
            await SmallReply.Problem(context.Response, StatusCodes.Status503ServiceUnavailable, KeyRoutes.Loading);
            return;
        }

        using (held)
        {
            string? limitText = context.Request.Query["limit"];
            string? cursor = context.Request.Query["cursor"];
            long limit = long.MaxValue;
            long position = 0;
            if (limitText is not null
                && (!long.TryParse(limitText, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit == 0))
            {
                await SmallReply.Problem(context.Response, StatusCodes.Status422UnprocessableEntity, "limit is a whole number from 1");
            }
            else if (cursor is not null && !TryRead(cursor, held.Dataset, out position, out bool isStale))
            {
                await SmallReply.Problem(
                    context.Response,
                    isStale ? StatusCodes.Status410Gone : StatusCodes.Status422UnprocessableEntity,
                    isStale ? "the cursor is of a dataset that is served no more; begin anew" : "cursor is what next_cursor of a reply holds");
            }
            else if (!HttpMethods.IsHead(context.Request.Method))
            {
                await using StreamedReply reply = StreamedReply.Begin(context, held, options);
                await WriteAsync(reply, held.Dataset, position, limit, isPaged: limitText is not null);
            }
        }
    }

    private static async Task WriteAsync(StreamedReply reply, Dataset dataset, long position, long limit, bool isPaged)
    {
        Pair[] pairs = new Pair[Portion];
        reply.Json.WriteStartObject();
        reply.Json.WriteStartObject("datastore"u8);
        bool isEnd = false;
        for (long left = limit; left > 0 && !isEnd;)
        {
            int wanted = (int)Math.Min(left, Portion);
            int count = dataset.Scan(ref position, pairs.AsSpan(0, wanted));
            isEnd = count < wanted;
            left -= count;
            for (int i = 0; i < count; i++)
            {
                WriteKey(reply.Json, pairs[i].Key);
                if (!await reply.WriteValueAsync(new FoundValue(pairs[i].Found)))
                {
                    return;
                }
            }
        }

        reply.Json.WriteEndObject();
        if (isPaged)
        {
            reply.Json.WriteString("next_cursor"u8, isEnd ? null : $"{dataset.ScanOrder:x16}-{position:x}");
        }

        reply.Json.WriteEndObject();
    }

    private static void WriteKey(Utf8JsonWriter writer, Guid key)
    {
        Span<byte> text = stackalloc byte[UuidText.Length];
        UuidText.Format(key, text);
        writer.WritePropertyName(text);
    }

    private static bool TryRead(string cursor, Dataset dataset, out long position, out bool isStale)
    {
        position = 0;
        isStale = false;
        if (cursor.Length is < 18 or > 33
            || cursor[16] != '-'
            || !ulong.TryParse(cursor.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong order)
            || !long.TryParse(cursor.AsSpan(17), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out position)
            || position < 0)
        {
            return false;
        }

        isStale = order != dataset.ScanOrder || position > dataset.ScanEnd;
        return !isStale;
    }
}
