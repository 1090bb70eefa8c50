using System.Buffers;
using System.Diagnostics;
using KvTcp.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KvTcp.Client;

/// <summary>
/// A client of KvTcp servers, for the whole life of a program: make one and share it. Thread-safe. Requests of all callers are
/// pipelined over the client's connections and sent together; a connection that breaks is replaced.
/// </summary>
/// <remarks>
/// <para>
/// While the first connection, or the next one after a loss, is being made, requests wait for it. Once every server has failed they
/// fail at once, until one succeeds. A request whose connection ends before the reply goes to another one, up to
/// <see cref="KvClientOptions.MaxAttempts"/> in all: requests only read.
/// </para>
/// <para>
/// Every request fails with <see cref="KvConnectionException"/> for want of a connection; with <see cref="KvServerException"/> when the
/// server answers <c>ERR</c>; with <see cref="TimeoutException"/> after <see cref="KvClientOptions.RequestTimeout"/>; with
/// <see cref="OperationCanceledException"/> when its token is cancelled; and with <see cref="ObjectDisposedException"/> once the
/// client is disposed. After a time-out or a cancellation the reply is still awaited and thrown away: it never reaches another
/// caller. A returned <see cref="ValueTask{TResult}"/> may be awaited once.
/// </para>
/// </remarks>
public sealed class KvClient : IAsyncDisposable, IDisposable
{
    /// <summary>Enough to keep a connection busy while the next part is made.</summary>
    private const int PartsPerConnection = 4;

    private readonly RequestMonitor _monitor;
    private readonly ConnectionPool _connections;
    private readonly ClientMetrics _metrics;
    private readonly int _maxKeys;

    private KvClient(KvClientOptions options)
    {
        options = options.Validated();
        ILogger logger = options.LoggerFactory?.CreateLogger("KvTcp.Client") ?? NullLogger.Instance;
        _maxKeys = options.MaxKeysPerRequest;
        _monitor = new RequestMonitor(options);
        _connections = new ConnectionPool(options, logger);
        _metrics = new ClientMetrics(options, _connections, _monitor, logger);
        _monitor.Metrics = _metrics;
    }

    /// <summary>Connects: returns when the first connection stands; the others follow.</summary>
    /// <param name="options">The servers and limits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The client; dispose it to close its connections.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="KvConnectionException">No server can be reached.</exception>
    /// <exception cref="KvServerException">The server refuses the token.</exception>
    public static async Task<KvClient> ConnectAsync(KvClientOptions options, CancellationToken cancellationToken = default)
    {
        KvClient client = Start(options);
        try
        {
            await client._connections.WaitForConnectionAsync(cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Begins to connect and returns at once; requests wait for the outcome.</summary>
    /// <param name="options">The servers and limits.</param>
    /// <returns>The client; dispose it to close its connections.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static KvClient Start(KvClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new KvClient(options);
    }

    /// <summary>Gets a value. Allocates nothing but the array.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The value, or null when the server does not have the key.</returns>
    public ValueTask<byte[]?> GetAsync(Guid key, CancellationToken cancellationToken = default)
    {
        GetBytesRequest request = RequestPool<GetBytesRequest>.Rent();
        request.Key = key;
        return Send(request, cancellationToken);
    }

    /// <summary>Copies a value from the receive buffer to a writer, without an array between.</summary>
    /// <param name="key">The key.</param>
    /// <param name="destination">
    /// Receives the value, and nothing on a miss. It is written to by the thread that reads replies, at no other time than
    /// between this call and the completion of its task; a writer that is slow holds up the replies behind. What it throws
    /// comes out of the task.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether the server has the key.</returns>
    public ValueTask<bool> GetAsync(Guid key, IBufferWriter<byte> destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        GetToWriterRequest request = RequestPool<GetToWriterRequest>.Rent();
        request.Key = key;
        request.Destination = destination;
        return Send(request, cancellationToken);
    }

    /// <summary>Gets a value as text.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The value read as UTF-8, or null when the server does not have the key.</returns>
    public ValueTask<string?> GetStringAsync(Guid key, CancellationToken cancellationToken = default)
    {
        GetStringRequest request = RequestPool<GetStringRequest>.Rent();
        request.Key = key;
        return Send(request, cancellationToken);
    }

    /// <summary>
    /// Gets many values. The keys are split into requests of at most <see cref="KvClientOptions.MaxKeysPerRequest"/> keys, which go to all
    /// connections in turn, four of them for each connection at a time. Each has a time-out of its own, and is answered from one dataset; all
    /// of them are when no new data is published meanwhile.
    /// </summary>
    /// <param name="keys">Any number of keys, not to be changed before the result is there.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A value for each key in its place, null for a miss; duplicates are kept.</returns>
    public async ValueTask<byte[]?[]> GetManyAsync(ReadOnlyMemory<Guid> keys, CancellationToken cancellationToken = default)
    {
        byte[]?[] values = new byte[]?[keys.Length];
        await InParts(keys, (part, offset) => Send(new GetManyRequest(part, values.AsMemory(offset, part.Length)), cancellationToken))
            .ConfigureAwait(false);
        return values;
    }

    /// <summary>Tells whether a key exists.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async ValueTask<bool> ExistsAsync(Guid key, CancellationToken cancellationToken = default) =>
        await Send(new ExistsRequest(new[] { key }), cancellationToken).ConfigureAwait(false) > 0;

    /// <summary>Counts the keys that exist; split as by <see cref="GetManyAsync"/>.</summary>
    /// <param name="keys">Any number of keys, not to be changed before the result is there; a key given twice counts twice.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async ValueTask<long> ExistsAsync(ReadOnlyMemory<Guid> keys, CancellationToken cancellationToken = default)
    {
        long[] counts = await InParts(keys, (part, _) => Send(new ExistsRequest(part), cancellationToken)).ConfigureAwait(false);
        return counts.Sum();
    }

    /// <summary>The number of keys that the server holds.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public ValueTask<long> CountAsync(CancellationToken cancellationToken = default) => Send(new CountRequest(), cancellationToken);

    /// <summary>The server's figures; docs/protocol.md#stats names them.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public ValueTask<IReadOnlyDictionary<string, string>> StatsAsync(CancellationToken cancellationToken = default) =>
        Send(new StatsRequest(), cancellationToken);

    /// <summary>The server's version, protocol version and dataset id: <c>kvtcp/1.2.3 proto=1 dataset=0123456789abcdef</c>.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public ValueTask<string> VersionAsync(CancellationToken cancellationToken = default) =>
        Send(new TextRequest(Command.Version), cancellationToken);

    /// <summary>Asks the server for a sign of life.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>How long the reply took.</returns>
    public async ValueTask<TimeSpan> PingAsync(CancellationToken cancellationToken = default)
    {
        long start = Stopwatch.GetTimestamp();
        await Send(new TextRequest(Command.Ping), cancellationToken).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>
    /// Closes the connections. Requests that wait complete with <see cref="ObjectDisposedException"/>. May be called more than once,
    /// and at any time.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _metrics.Dispose();
        await _connections.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>As <see cref="DisposeAsync"/>, without waiting until the connections and the requests on them have ended.</summary>
    public void Dispose()
    {
        _metrics.Dispose();
        _connections.Stop();
    }

    /// <summary>
    /// Sends a request for each part of some keys, a few at a time: others have their turn between them, and requests and replies of many keys
    /// do not pile up. When one fails, no more are sent, and those under way are waited for.
    /// </summary>
    private async Task<TResult[]> InParts<TResult>(ReadOnlyMemory<Guid> keys, Func<ReadOnlyMemory<Guid>, int, ValueTask<TResult>> send)
    {
        TResult[] results = new TResult[(keys.Length + _maxKeys - 1) / _maxKeys];
        int sent = 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(results.Length, PartsPerConnection * _connections.Slots.Count)).Select(_ => SendPartsAsync()))
            .ConfigureAwait(false);
        return results;

        async Task SendPartsAsync()
        {
            try
            {
                for (int i = Interlocked.Increment(ref sent) - 1; i < results.Length; i = Interlocked.Increment(ref sent) - 1)
                {
                    int offset = i * _maxKeys;
                    results[i] = await send(keys.Slice(offset, Math.Min(_maxKeys, keys.Length - offset)), offset).ConfigureAwait(false);
                }
            }
            catch
            {
                Volatile.Write(ref sent, results.Length);
                throw;
            }
        }
    }

    private ValueTask<TResult> Send<TResult>(ResultRequest<TResult> request, CancellationToken cancellationToken)
    {
        if (ClientTracing.IsOn)
        {
            return SendTracedAsync(request, cancellationToken);
        }

        ValueTask<TResult> result = request.Task;
        request.Start(_monitor, cancellationToken);
        _connections.Send(request);
        return result;
    }

    private async ValueTask<TResult> SendTracedAsync<TResult>(ResultRequest<TResult> request, CancellationToken cancellationToken)
    {
        using Activity? activity = ClientTracing.Start(request);
        ValueTask<TResult> result = request.Task;
        request.Start(_monitor, cancellationToken);
        ClientTracing.SetServer(activity, _connections.Send(request));
        try
        {
            return await result.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            ClientTracing.SetFailure(activity, e);
            throw;
        }
    }
}
