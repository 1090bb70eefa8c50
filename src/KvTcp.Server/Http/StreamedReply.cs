using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace KvTcp.Server.Http;

/// <summary>
/// A reply of any length in constant memory: what is written is sent in parts, compressed if the client can read that. One thread at a time.
/// </summary>
/// <remarks>
/// The dataset stays in memory until the reply is sent, so a client that takes it slowly, from a dataset that is served no more, is
/// cut off after <see cref="ServerOptions.OldDatasetTimeout"/>.
/// </remarks>
internal sealed class StreamedReply : IAsyncDisposable
{
    /// <summary>Less is not worth compressing.</summary>
    public const int LeastCompressed = 1024;

    private const int PartLength = 16 * 1024;
    private const string Brotli = "br";
    private const string Gzip = "gzip";

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly HttpContext _context;
    private readonly HeldDataset _held;
    private readonly TimeSpan _oldDatasetTimeout;
    private readonly Stream? _compression;
    private readonly PipeWriter _output;
    private long _oldSince = -1;

    private StreamedReply(HttpContext context, in HeldDataset held, TimeSpan oldDatasetTimeout, Stream? compression)
    {
        _context = context;
        _held = held;
        _oldDatasetTimeout = oldDatasetTimeout;
        _compression = compression;
        _output = compression is null
            ? context.Response.BodyWriter
            : PipeWriter.Create(compression, new StreamPipeWriterOptions(leaveOpen: true));
        Json = new Utf8JsonWriter(_output, SmallReply.WriterOptions);
    }

    /// <summary>What writes the reply; after each piece comes <see cref="FlushIfFullAsync"/>.</summary>
    public Utf8JsonWriter Json { get; }

    /// <summary>Begins a reply.</summary>
    /// <param name="context">The request.</param>
    /// <param name="held">The dataset that it is from; it stays the caller's, to be disposed after the reply.</param>
    /// <param name="options">How long the reply may go on from an old dataset.</param>
    /// <param name="contentType">What it is.</param>
    public static StreamedReply Begin(HttpContext context, in HeldDataset held, ServerOptions options, string contentType = SmallReply.Json)
    {
        HttpResponse response = context.Response;
        response.ContentType = contentType;
        string? encoding = Encoding(context.Request);
        response.Headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        if (encoding is not null)
        {
            response.Headers.ContentEncoding = encoding;
        }

        return new StreamedReply(context, held, options.OldDatasetTimeout, encoding switch
        {
            Brotli => new BrotliStream(response.Body, CompressionLevel.Fastest, leaveOpen: true),
            Gzip => new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true),
            _ => null,
        });
    }

    /// <summary>Whether a client can read compressed replies.</summary>
    public static bool MayCompress(HttpRequest request) => request.Headers.AcceptEncoding.Count > 0 && Encoding(request) is not null;

    /// <summary>Writes a value as a JSON string, sending parts of a long one.</summary>
    /// <param name="value">The value; what is from a dataset is held.</param>
    /// <returns>Whether the client is still there.</returns>
    public async ValueTask<bool> WriteValueAsync(FoundValue value)
    {
        int length = value.Value.Length;
        int start = 0;
        for (; length - start > PartLength; start += PartLength)
        {
            Json.WriteStringValueSegment(value.Value.Slice(start, PartLength), isFinalSegment: false);
            if (!await FlushIfFullAsync())
            {
                return false;
            }
        }

        Json.WriteStringValueSegment(value.Value.Slice(start), isFinalSegment: true);
        return await FlushIfFullAsync();
    }

    /// <summary>Writes the bytes of a value, without JSON, sending parts of a long one.</summary>
    /// <param name="value">The value; what is from a dataset is held.</param>
    public async ValueTask WriteBytesAsync(FoundValue value)
    {
        int length = value.Value.Length;
        bool isTaken = true;
        for (int start = 0; start < length && isTaken; start += PartLength)
        {
            _output.Write(value.Value.Slice(start, Math.Min(PartLength, length - start)));
            isTaken = await FlushIfFullAsync();
        }
    }

    /// <summary>Sends what has been written, once that is a good part.</summary>
    /// <returns>Whether the client is still there.</returns>
    public ValueTask<bool> FlushIfFullAsync() => Json.BytesPending + _output.UnflushedBytes < PartLength ? ValueTask.FromResult(true) : FlushAsync();

    /// <summary>Ends the reply.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_context.RequestAborted.IsCancellationRequested)
        {
            await FlushAsync();
        }

        await Json.DisposeAsync();
        if (_compression is not null)
        {
            await _output.CompleteAsync();
            await _compression.DisposeAsync();
        }
    }

    private async ValueTask<bool> FlushAsync()
    {
        Json.Flush();
        ValueTask<FlushResult> flush = _output.FlushAsync(_context.RequestAborted);
        if (!flush.IsCompleted)
        {
            Task<FlushResult> waiting = flush.AsTask();
            while (await Task.WhenAny(waiting, Task.Delay(Look)) != waiting)
            {
                AbortIfOld();
            }

            return !(await waiting).IsCompleted;
        }

        AbortIfOld();
        return !(await flush).IsCompleted;
    }

    private void AbortIfOld()
    {
        if (!_held.IsOld)
        {
            return;
        }

        _oldSince = _oldSince < 0 ? Environment.TickCount64 : _oldSince;
        if (Environment.TickCount64 - _oldSince >= _oldDatasetTimeout.TotalMilliseconds)
        {
            _context.Abort();
        }
    }

    private static string? Encoding(HttpRequest request)
    {
        double brotli = 0;
        double gzip = 0;
        foreach (StringWithQualityHeaderValue accepted in request.GetTypedHeaders().AcceptEncoding)
        {
            double quality = accepted.Quality ?? 1;
            brotli = accepted.Value.Equals(Brotli, StringComparison.OrdinalIgnoreCase) ? quality : brotli;
            gzip = accepted.Value.Equals(Gzip, StringComparison.OrdinalIgnoreCase) ? quality : gzip;
        }

        return brotli > 0 && brotli >= gzip ? Brotli : gzip > 0 ? Gzip : null;
    }
}
