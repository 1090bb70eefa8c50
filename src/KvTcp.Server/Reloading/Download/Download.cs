using System.Diagnostics;
using System.Net;

namespace KvTcp.Server;

/// <summary>What has been downloaded of one version of an object, and how much is to come. One thread at a time.</summary>
internal sealed class Download : IDisposable
{
    private const int BufferLength = 128 * 1024;

    /// <summary>Bytes a second, on average over the timeout. A source that sends less would hold up all later reloads.</summary>
    private const int LeastRate = 1024;

    private readonly string _name;
    private readonly long? _length;
    private readonly ContentChecksum? _checksum;

    private Download(string name, UrlVersion version, long? length, ContentChecksum? checksum, string directory)
    {
        _name = name;
        Version = version;
        _length = length;
        _checksum = checksum;
        File = new DownloadFile(directory);
    }

    public UrlVersion Version { get; }

    public DownloadFile File { get; }

    /// <summary>How many bytes are there.</summary>
    public long Received { get; private set; }

    /// <summary>Begins with a response that brings the object from its first byte on.</summary>
    /// <param name="name">The name of the source.</param>
    /// <param name="response">The response; <see cref="ReceiveAsync"/> reads its body.</param>
    /// <param name="directory">Where the file lies.</param>
    /// <exception cref="SourceUnavailableException">It could not be known whether all has arrived, or there is no room for it.</exception>
    public static Download Begin(string name, HttpResponseMessage response, string directory)
    {
        long? length = response.Content.Headers.ContentLength;
        ContentChecksum? checksum = ContentChecksum.Of(response);
        if (length is null && checksum is null && response.Headers.TransferEncodingChunked is not true)
        {
            throw new SourceUnavailableException($"{name}: the server tells neither a length nor a checksum, so a part would pass for the whole", isMissing: false);
        }

        long room = new DriveInfo(directory).AvailableFreeSpace;
        if (length > room)
        {
            throw new SourceUnavailableException(
                $"{name}: its {length} bytes do not fit into {directory}, where {room} bytes are free; see --download-directory", isMissing: false);
        }

        return new Download(name, UrlVersion.Of(response), length, checksum, directory);
    }

    /// <summary>Whether a response brings the rest of what is there. Not every server that knows ranges knows conditions of ranges.</summary>
    public bool IsContinuedBy(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.PartialContent
        && response.Content.Headers.ContentRange is { Unit: "bytes", HasRange: true } range
        && range.From == Received
        && (range.Length is null || _length is null || range.Length == _length)
        && Version.IsOfSameBytes(UrlVersion.Of(response));

    /// <summary>Receives a body to its end.</summary>
    /// <param name="body">The body.</param>
    /// <param name="patience">Is cancelled when less than <see cref="LeastRate"/> comes for <paramref name="timeout"/>.</param>
    /// <param name="timeout">How long that is.</param>
    /// <exception cref="SourceUnavailableException">The disk does not take it.</exception>
    public async Task ReceiveAsync(Stream body, CancellationTokenSource patience, TimeSpan timeout)
    {
        byte[] buffer = new byte[BufferLength];
        long enough = Math.Max(1, (long)(LeastRate * timeout.TotalSeconds));
        long counted = Received;
        TimeSpan waited = TimeSpan.Zero;
        File.Content.Position = Received;
        for (; ; )
        {
            // Only the source's time counts, not that of the disk.
            patience.CancelAfter(timeout > waited ? timeout - waited : TimeSpan.Zero);
            long began = Stopwatch.GetTimestamp();
            int read = await body.ReadAsync(buffer, patience.Token);
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

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await File.Content.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException exception)
        {
            throw new SourceUnavailableException(
                $"{_name}: the download cannot be written: {exception.Message}; see --download-directory", isMissing: false, exception);
        }
    }

    /// <summary>Whether what is there has the checksum that the server gave, if it gave one.</summary>
    public async Task<bool> IsIntactAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        return _checksum is null || await _checksum.MatchesAsync(File.Content, cancellationToken);
    }

    public void Dispose() => File.Dispose();
}
