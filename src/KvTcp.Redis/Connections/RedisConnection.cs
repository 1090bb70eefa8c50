using System.Net.Sockets;
using System.Threading.Channels;

namespace KvTcp.Redis.Connections;

/// <summary>
/// A connection to one node: exchanges go out in the order of <see cref="TrySend"/>, without waiting for replies, and their replies are
/// taken in that order. Thread-safe.
/// </summary>
/// <remarks>
/// One task sends, another receives, so a node that stops reading because nobody reads its replies cannot stop both sides. Small exchanges
/// that wait at the same time go out in one write.
/// </remarks>
internal sealed class RedisConnection : IAsyncDisposable
{
    /// <summary>How much goes out in one write, unless one exchange alone is longer.</summary>
    private const int MaxJoined = 64 << 10;

    private readonly RedisAddress _address;
    private readonly Stream _stream;
    private readonly RedisOptions _options;

    // Whoever finds the sender idle sends himself: a change of threads would cost more than the call.
    private readonly Channel<RedisExchange> _outbox = NewQueue(isTakenInline: true);
    private readonly Channel<RedisExchange> _inFlight = NewQueue(isTakenInline: false);
    private readonly byte[] _joined = new byte[MaxJoined];
    private RedisException? _end;
    private RedisExchange? _awaited;
    private int _owed;
    private Task _loops = Task.CompletedTask;

    private RedisConnection(RedisAddress address, Stream stream, RedisOptions options)
    {
        _address = address;
        _stream = stream;
        _options = options;
    }

    /// <summary>Whether exchanges can be sent.</summary>
    public bool IsOpen => Volatile.Read(ref _end) is null;

    /// <summary>
    /// Whether the replies that come next are to requests that were given up: the node does not keep up, and more requests would only
    /// make it later.
    /// </summary>
    public bool IsBehind => Volatile.Read(ref _awaited) is { IsGivenUp: true };

    /// <summary>Connects, with TLS, AUTH and SELECT as the URL asks for.</summary>
    /// <param name="address">The node.</param>
    /// <param name="url">How to connect.</param>
    /// <param name="options">Time limits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RedisConnectionException">The node cannot be reached.</exception>
    /// <exception cref="RedisException">It refuses the password or the database.</exception>
    public static async Task<RedisConnection> OpenAsync(
        RedisAddress address, RedisUrl url, RedisOptions options, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.ConnectTimeout);
        try
        {
            Stream stream = await RedisStream.OpenAsync(address, url.UsesTls, limit.Token);
            RedisConnection connection = new(address, stream, options);
            connection._loops = Task.WhenAll(connection.SendLoopAsync(), connection.ReceiveLoopAsync());
            await connection.GreetAsync(url, limit.Token);
            return connection;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RedisConnectionException($"{address} cannot be connected to: no answer in {options.ConnectTimeout.TotalSeconds} s", e);
        }
    }

    /// <summary>Sends an exchange, behind those that were sent before it.</summary>
    /// <param name="exchange">The exchange, which this connection completes.</param>
    /// <returns>False when the connection has ended; the exchange is then as it was.</returns>
    public bool TrySend(RedisExchange exchange) => _outbox.Writer.TryWrite(exchange);

    /// <summary>Sends a command, and waits for its reply.</summary>
    /// <param name="arguments">Its word, and its arguments.</param>
    /// <exception cref="RedisException">The connection has ended.</exception>
    public async Task<RedisReply> AskAsync(params string[] arguments)
    {
        CommandExchange exchange = new(arguments);
        if (!TrySend(exchange))
        {
            throw new RedisConnectionException(_end!.Message, _end);
        }

        await exchange.Completion;
        return exchange.Reply!;
    }

    /// <summary>Ends the connection; what is under way fails.</summary>
    public async ValueTask DisposeAsync()
    {
        End(new RedisConnectionException($"the connection to {_address} was closed"));
        await _loops;
    }

    private static Channel<RedisExchange> NewQueue(bool isTakenInline) => Channel.CreateUnbounded<RedisExchange>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = isTakenInline });

    private async Task GreetAsync(RedisUrl url, CancellationToken cancellationToken)
    {
        try
        {
            if (url.Password is string password)
            {
                string[] auth = url.User is string user ? ["AUTH", user, password] : ["AUTH", password];
                Check(await AskAsync(auth).WaitAsync(cancellationToken), "does not accept the password");
            }

            if (url.Database > 0)
            {
                Check(await AskAsync("SELECT", $"{url.Database}").WaitAsync(cancellationToken), $"has no database {url.Database}");
            }

            if (_options.ReadFrom == ReadFrom.Replica)
            {
                // A master does not mind, and what is no Cluster refuses without harm.
                await AskAsync("READONLY").WaitAsync(cancellationToken);
            }

            if (_options.ConfirmsConnections)
            {
                RedisReply pong = await AskAsync("PING").WaitAsync(cancellationToken);
                Check(pong, "refuses PING", isRefusal: pong.IsError && pong.Text.StartsWith("NOAUTH", StringComparison.Ordinal));
            }
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    private void Check(RedisReply reply, string refusal, bool isRefusal = true)
    {
        ReplyError error = reply.IsError ? ReplyError.Of(reply.Bytes) : default;
        if (error.IsPassing)
        {
            throw new RedisConnectionException($"{_address} is not ready: {reply.Text}") { IsLoading = error.IsLoading };
        }

        if (reply.IsError && isRefusal)
        {
            throw new RedisException($"{_address} {refusal}: {reply.Text}");
        }
    }

    private async Task SendLoopAsync()
    {
        try
        {
            while (await _outbox.Reader.WaitToReadAsync())
            {
                await SendWaitingAsync();
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            End(new RedisConnectionException($"the connection to {_address} is broken: {e.Message}", e));
        }

        while (_outbox.Reader.TryRead(out RedisExchange? unsent))
        {
            unsent.Fail(_end!);
        }
    }

    private async Task SendWaitingAsync()
    {
        int joined = 0;
        while (_outbox.Reader.TryRead(out RedisExchange? exchange))
        {
            if (exchange.IsGivenUp)
            {
                continue;
            }

            if (Interlocked.Increment(ref _owed) == 1 && HasUnaskedReply())
            {
                End(Surplus());
            }

            if (!_inFlight.Writer.TryWrite(exchange))
            {
                exchange.Fail(_end!);
                continue;
            }

            ReadOnlyMemory<byte> requests = exchange.Requests;
            if (joined > 0 && requests.Length > MaxJoined - joined)
            {
                await _stream.WriteAsync(_joined.AsMemory(0, joined));
                joined = 0;
            }

            if (requests.Length > MaxJoined || (joined == 0 && !_outbox.Reader.TryPeek(out _)))
            {
                await _stream.WriteAsync(requests);
                continue;
            }

            requests.CopyTo(_joined.AsMemory(joined));
            joined += requests.Length;
        }

        if (joined > 0)
        {
            await _stream.WriteAsync(_joined.AsMemory(0, joined));
        }
    }

    private async Task ReceiveLoopAsync()
    {
        using ReplyReceiver receiver = new(_address, _stream, _options);
        RedisExchange? exchange = null;
        try
        {
            while (await _inFlight.Reader.WaitToReadAsync())
            {
                while (_inFlight.Reader.TryRead(out exchange))
                {
                    Volatile.Write(ref _awaited, exchange);
                    await receiver.ReceiveAsync(exchange);

                    // What comes unasked would be taken for the reply to the next request, and every value after it for another key's.
                    if (receiver.HasRest && !_inFlight.Reader.TryPeek(out _))
                    {
                        throw Surplus();
                    }

                    Interlocked.Decrement(ref _owed);
                    Volatile.Write(ref _awaited, null);
                    exchange.Complete();
                    exchange = null;
                }
            }
        }
        catch (RedisException e)
        {
            End(e);
            exchange?.Fail(_end!);
        }

        while (_inFlight.Reader.TryRead(out RedisExchange? unanswered))
        {
            unanswered.Fail(_end!);
        }
    }

    private RedisException Surplus() => new($"{_address} has sent more replies than it was asked for");

    /// <summary>Whether something has arrived while nothing was owed. Under TLS that shows only when it is read.</summary>
    private bool HasUnaskedReply()
    {
        try
        {
            return _stream is NetworkStream { DataAvailable: true };
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // Whoever reads or writes next is told.
            return false;
        }
    }

    /// <summary>The first reason counts. The stream is closed before anybody is told, so that nothing is sent any more from buffers that are used again.</summary>
    private void End(RedisException reason)
    {
        if (Interlocked.CompareExchange(ref _end, reason, null) is null)
        {
            _stream.Dispose();
            _outbox.Writer.Complete();
            _inFlight.Writer.Complete();
        }
    }
}
