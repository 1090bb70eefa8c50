using System.Net.Sockets;

namespace KvTcp.Redis.Connections;

/// <summary>Receives the replies of one connection into a buffer that is as long as the longest of them. One thread at a time.</summary>
internal sealed class ReplyReceiver : IDisposable
{
    private const int FirstBufferLength = 64 << 10;

    // Beside a value, and for replies of many elements.
    private const int Headroom = 48 << 20;

    private readonly RedisAddress _address;
    private readonly Stream _stream;
    private readonly RedisOptions _options;
    private readonly CancellationTokenSource _silence = new();
    private byte[] _buffer = new byte[FirstBufferLength];
    private int _start;
    private int _end;

    /// <summary>Makes a receiver.</summary>
    /// <param name="address">The node that messages name.</param>
    /// <param name="stream">Where to read.</param>
    /// <param name="options">Time and size limits.</param>
    public ReplyReceiver(RedisAddress address, Stream stream, RedisOptions options)
    {
        _address = address;
        _stream = stream;
        _options = options;
    }

    /// <summary>Whether something has been received that no exchange has taken.</summary>
    public bool HasRest => _start < _end;

    /// <summary>Receives the replies of an exchange.</summary>
    /// <param name="exchange">The exchange, whose replies are the next ones.</param>
    /// <exception cref="RedisConnectionException">The connection has ended, the node is silent, or it answers so late that a new connection serves better.</exception>
    /// <exception cref="RedisException">What it sent is no reply to the request.</exception>
    public async ValueTask ReceiveAsync(RedisExchange exchange)
    {
        for (long needed; !TryTake(exchange, out needed);)
        {
            if (exchange.GivenUpFor > _options.ReplyTimeout)
            {
                throw new RedisConnectionException($"{_address} has answered too late for {_options.ReplyTimeout.TotalSeconds} s");
            }

            MakeRoom(needed);
            await ReadAsync();
        }
    }

    public void Dispose() => _silence.Dispose();

    private bool TryTake(RedisExchange exchange, out long needed)
    {
        ReadOnlySpan<byte> received = _buffer.AsSpan(_start, _end - _start);
        try
        {
            bool isLast = exchange.TakeReplies(ref received, _options.MaxValueLength, out needed);
            _start = _end - received.Length;
            return isLast;
        }
        catch (InvalidDataException e)
        {
            throw new RedisException($"{_address} has answered what it may not: {e.Message}", e);
        }
    }

    private void MakeRoom(long needed)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        if (_end < _buffer.Length && needed <= _buffer.Length)
        {
            return;
        }

        long length = Math.Max(needed, 2L * _buffer.Length);
        if (length > _options.MaxValueLength + (long)Headroom)
        {
            throw new RedisException($"{_address} has sent a reply of more than {_buffer.Length} bytes");
        }

        Array.Resize(ref _buffer, (int)length);
    }

    private async ValueTask ReadAsync()
    {
        try
        {
            _silence.CancelAfter(_options.ReplyTimeout);
            int read = await _stream.ReadAsync(_buffer.AsMemory(_end), _silence.Token);
            if (read == 0)
            {
                throw new RedisConnectionException($"{_address} has closed the connection");
            }

            _end += read;
            _silence.CancelAfter(Timeout.InfiniteTimeSpan);
        }
        catch (OperationCanceledException e)
        {
            throw new RedisConnectionException($"{_address} has not answered for {_options.ReplyTimeout.TotalSeconds} s", e);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            throw new RedisConnectionException($"the connection to {_address} is broken: {e.Message}", e);
        }
    }
}
