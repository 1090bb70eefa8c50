using System.IO.Pipelines;
using KvTcp.Protocol;
using KvTcp.Redis;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>Reads all pairs of a Redis and writes them as a data file: SCAN over all masters, at once, then the values of what it finds.</summary>
internal sealed class RedisExport : IDisposable
{
    /// <summary>Keys that are asked for at once.</summary>
    private const int PageLength = 1000;

    private readonly RedisClient _client;
    private readonly RedisUrl _url;
    private readonly DataFileOptions _options;
    private readonly PipeWriter _output;
    private readonly Action<long> _read;
    private readonly SemaphoreSlim _writing = new(1);

    /// <summary>Prepares.</summary>
    /// <param name="client">The Redis.</param>
    /// <param name="url">Its name in messages.</param>
    /// <param name="options">Which pairs are allowed, and what becomes of others.</param>
    /// <param name="output">Receives the lines.</param>
    /// <param name="read">Is told now and then how many keys have been seen.</param>
    public RedisExport(RedisClient client, RedisUrl url, DataFileOptions options, PipeWriter output, Action<long> read)
    {
        _client = client;
        _url = url;
        _options = options;
        _output = output;
        _read = read;
    }

    /// <summary>How many keys SCAN has given, some of them twice.</summary>
    public long Keys { get; private set; }

    /// <summary>Keys that are no UUIDs.</summary>
    public long OtherKeys { get; private set; }

    /// <summary>Keys with something else than a string.</summary>
    public long OtherTypes { get; private set; }

    /// <summary>Pairs that no data file can hold, or that the options exclude.</summary>
    public long BadPairs { get; private set; }

    /// <summary>Reads everything, and completes the output.</summary>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="CommandException">A pair is bad, or slots have moved meanwhile.</exception>
    /// <exception cref="RedisException">A node has failed, or refuses.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            using CancellationTokenSource any = CancellationTokenSource.CreateLinkedTokenSource(stop);
            Task[] masters = [.. _client.Masters.Select(master => ReadAsync(master, any.Token))];
            await foreach (Task ended in Task.WhenEach(masters))
            {
                if (!ended.IsCompletedSuccessfully)
                {
                    await any.CancelAsync();
                    await ended;
                }
            }

            if (!await _client.ConfirmSlotsAsync(stop))
            {
                throw new CommandException(
                    ExitCode.Unavailable, $"{_url}: slots have moved from node to node meanwhile, so keys may be missing; build again when the Cluster is at rest");
            }

            await _output.CompleteAsync();
        }
        catch (Exception e)
        {
            // Whoever reads the lines must not take them for all.
            await _output.CompleteAsync(e);
            throw;
        }
    }

    public void Dispose() => _writing.Dispose();

    private async Task ReadAsync(RedisAddress master, CancellationToken stop)
    {
        Task<KeyPage> next = _client.ScanAsync(master, "0", PageLength, stop);
        for (bool isLast = false; !isLast;)
        {
            KeyPage page = await next;
            isLast = page.Cursor is "0";
            if (!isLast)
            {
                next = _client.ScanAsync(master, page.Cursor, PageLength, stop);
            }

            ReadPairs? pairs = page.Keys.Count > 0 ? new ReadPairs(page.Keys) : null;
            if (pairs is not null)
            {
                await _client.ExecuteAsync(pairs, stop);
            }

            await WriteAsync(page, pairs, stop);
        }
    }

    private async Task WriteAsync(KeyPage page, ReadPairs? pairs, CancellationToken stop)
    {
        await _writing.WaitAsync(stop);
        try
        {
            Keys += page.Keys.Count + page.OtherKeys;
            OtherKeys += page.OtherKeys;
            OtherTypes += pairs?.OtherTypes ?? 0;
            foreach ((Guid key, byte[] value) in pairs?.Pairs() ?? [])
            {
                if (PairRules.FindFault(key, value, _options) is not string fault)
                {
                    WriteLine(key, value);
                }
                else if (_options.OnBadLine == BadLinePolicy.Skip)
                {
                    BadPairs++;
                }
                else
                {
                    throw new CommandException(ExitCode.BadData, $"{_url}, {key}: {fault}; mend the data, or see --on-bad-line");
                }
            }

            _read(Keys);
            FlushResult flushed = await _output.FlushAsync(stop);
            if (flushed.IsCompleted)
            {
                // The reader has failed, and says why.
                throw new OperationCanceledException("Nobody reads the pairs any more.");
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    private void WriteLine(Guid key, ReadOnlySpan<byte> value)
    {
        int length = UuidText.Length + 1 + value.Length + 1;
        Span<byte> line = _output.GetSpan(length);
        UuidText.Format(key, line);
        line[UuidText.Length] = (byte)' ';
        value.CopyTo(line.Slice(UuidText.Length + 1));
        line[length - 1] = (byte)'\n';
        _output.Advance(length);
    }
}
