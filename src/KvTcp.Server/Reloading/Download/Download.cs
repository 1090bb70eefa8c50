using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace KvTcp.Server;

/// <summary>What has been downloaded of one version of an object, and how much is to come. One thread at a time.</summary>
internal sealed class Download : IDisposable
{
    private const int BufferLength = 128 * 1024;

    /// <summary>Bytes a second, on average over the timeout. A source that sends less would hold up all later reloads.</summary>
    private const int LeastRate = 1024;

    private readonly string _name;
    private readonly UrlSourceOptions _options;
    private readonly long? _length;
    private readonly ContentChecksum? _checksum;
    private readonly DateTimeOffset? _date;
    private long _nextMeasure;

    private Download(string name, HttpResponseMessage response, ContentChecksum? checksum, UrlSourceOptions options)
    {
        _name = name;
        _options = options;
        _length = response.Content.Headers.ContentLength;
        _checksum = checksum;
        _date = response.Headers.Date;
        Version = UrlVersion.Of(response);
        File = new DownloadFile(options.Directory);
    }

    public UrlVersion Version { get; }

    public DownloadFile File { get; }

    /// <summary>How many bytes are there.</summary>
    public long Received { get; private set; }

    /// <summary>Begins with a response that brings the object from its first byte on.</summary>
    /// <param name="name">The name of the source.</param>
    /// <param name="response">The response; <see cref="ReceiveAsync"/> reads its body.</param>
    /// <param name="options">Where the file lies, and how long it may be.</param>
    /// <exception cref="SourceUnavailableException">It could not be known whether all has arrived, or there is no room for it.</exception>
    public static Download Begin(string name, HttpResponseMessage response, UrlSourceOptions options)
    {
        long? length = response.Content.Headers.ContentLength;
        ContentChecksum? checksum = ContentChecksum.Of(response);
        if (length is null && checksum is null && response.Headers.TransferEncodingChunked is not true)
        {
            throw new SourceUnavailableException($"{name}: the server tells neither a length nor a checksum, so a part would pass for the whole", isMissing: false);
        }

        if (length > options.MaxLength)
        {
            throw TooLong(name, options);
        }

        DownloadRoom room = options.MeasureRoom(options.Directory);
        if (length > room.Usable)
        {
            throw new SourceUnavailableException(
                $"{name}: its {length} bytes do not fit into {options.Directory}, where {room.Usable} bytes are free"
                + $" and {room.Reserve} more are left to others; see --download-directory",
                isMissing: false);
        }

        return new Download(name, response, checksum, options);
    }

    /// <summary>Asks for what is missing, if the object is still the same, else for all of it.</summary>
    /// <returns>False if it could not be known whether it is.</returns>
    public bool TryAskForRest(HttpRequestHeaders request) => Version.TryAskForRest(request, Received, _date);

    /// <summary>Whether a response brings the rest of what is there. Not every server that knows ranges knows conditions of ranges.</summary>
    public bool IsContinuedBy(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.PartialContent
        && response.Content.Headers.ContentRange is { Unit: "bytes", HasRange: true } range
        && range.From == Received
        && (range.Length is null || _length is null || range.Length == _length)
        && Version.IsOfSameBytes(UrlVersion.Of(response));

    /// <summary>Receives a body to its end.</summary>
    /// <param name="body">The body.</param>
    /// <param name="patience">Is cancelled when less than <see cref="LeastRate"/> comes for as long as the timeout is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SourceUnavailableException">The disk does not take it.</exception>
    public async Task ReceiveAsync(Stream body, CancellationTokenSource patience, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferLength];
        long enough = Math.Max(1, (long)(LeastRate * _options.Timeout.TotalSeconds));
        long counted = Received;
        TimeSpan waited = TimeSpan.Zero;
        File.Content.Position = Received;
        for (; ; )
        {
            // Only the source's time counts, not that of the disk.
            patience.CancelAfter(_options.Timeout > waited ? _options.Timeout - waited : TimeSpan.Zero);
            long began = Stopwatch.GetTimestamp();
            int read = await ReadAsync(body, buffer, patience.Token, cancellationToken);
            waited += Stopwatch.GetElapsedTime(began);
            if (read == 0)
            {
                break;
            }

            if (Received + read > _length)
            {
                throw new IOException($"{_name}: more than the {_length} bytes that were announced");
            }

            // The thread that has received is one that polls the sockets of requests; it must not wait for a disk.
            await Task.Yield();
            patience.CancelAfter(Timeout.InfiniteTimeSpan);
            RefuseWithoutRoom(read);
            await WriteAsync(buffer.AsMemory(0, read), patience.Token);
            Received += read;
            if (Received - counted >= enough)
            {
                counted = Received;
                waited = TimeSpan.Zero;
            }
        }

        patience.CancelAfter(Timeout.InfiniteTimeSpan);
        if (Received < _length)
        {
            throw new IOException($"{_name}: the answer ended after {Received} of {_length} bytes");
        }
    }

    /// <summary>Whether what is there has the checksum that the server gave, if it gave one.</summary>
    public async Task<bool> IsIntactAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        return _checksum is null || await _checksum.MatchesAsync(File.Content, cancellationToken);
    }

    public void Dispose() => File.Dispose();

    private static SourceUnavailableException TooLong(string name, UrlSourceOptions options) =>
        new($"{name}: more than {options.MaxLength} bytes, the longest that is downloaded", isMissing: false);

    /// <summary>Reads some bytes; nothing at the end, and also where the end is missing and nothing else.</summary>
    private async ValueTask<int> ReadAsync(Stream body, byte[] buffer, CancellationToken patience, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, patience);
        }
        catch (Exception exception) when (
            Received == _length && exception is IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }

    /// <summary>
    /// Looks now and then whether there still is room: a length may not have been announced, and others write to the same disk. What fills a disk
    /// is not only this server's affair.
    /// </summary>
    private void RefuseWithoutRoom(int more)
    {
        if (Received + more > _options.MaxLength)
        {
            throw TooLong(_name, _options);
        }

        if (Received < _nextMeasure)
        {
            return;
        }

        DownloadRoom room = _options.MeasureRoom(_options.Directory);
        if (room.Usable < more)
        {
            throw new SourceUnavailableException(
                $"{_name}: after {Received} bytes {_options.Directory} has no room for more: the last {room.Reserve} bytes are left to others;"
                + " see --download-directory",
                isMissing: false);
        }

        // So that at most a quarter of the reserve is taken in between.
        _nextMeasure = Received + Math.Max(BufferLength, room.Reserve / 4);
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await File.Content.WriteAsync(bytes, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or ArgumentOutOfRangeException)
        {
            // The latter is what .NET makes of EFBIG.
            throw new SourceUnavailableException(
                $"{_name}: the download cannot be written: {exception.Message}; see --download-directory", isMissing: false, exception);
        }
    }
}
