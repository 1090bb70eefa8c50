using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KvTcp.Tests.Support;

/// <summary>How the server ended a connection.</summary>
internal enum ConnectionEnd
{
    /// <summary>In order: every byte before arrived.</summary>
    Closed,

    /// <summary>By a reset.</summary>
    Reset,
}

/// <summary>A client over a bare socket that speaks in lines. Every wait has a limit, beyond which it fails.</summary>
internal sealed class LineClient : IDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private LineClient(Socket socket)
    {
        Socket = socket;
    }

    public Socket Socket { get; }

    /// <summary>Takes a connected socket over, also one that was accepted: the peer's requests are lines too.</summary>
    public static LineClient Over(Socket socket) => new(socket);

    /// <summary>Connects.</summary>
    /// <param name="endPoint">Where.</param>
    /// <param name="bufferSize">The size that the socket's buffers are to have, for tests that fill them.</param>
    /// <param name="from">The address to come from; on Linux all of 127.0.0.0/8 are this machine's.</param>
    public static async Task<LineClient> ConnectAsync(EndPoint endPoint, int? bufferSize = null, string? from = null)
    {
        Socket socket = endPoint is UnixDomainSocketEndPoint
            ? new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (bufferSize is int size)
            {
                socket.ReceiveBufferSize = size;
                socket.SendBufferSize = size;
            }

            if (from is not null)
            {
                socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            }

            using CancellationTokenSource limit = new(Patience.Limit);
            await socket.ConnectAsync(endPoint, limit.Token);
            return new LineClient(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public Task SendAsync(string bytes) => SendAsync(ByteText.Bytes(bytes));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await Socket.SendAsync(bytes, limit.Token)..];
        }
    }

    /// <summary>Reads one line.</summary>
    /// <returns>The line without its LF.</returns>
    /// <exception cref="EndOfStreamException">The server closed or reset the connection first.</exception>
    public async Task<string> ReadLineAsync()
    {
        StringBuilder line = new();
        for (; ; )
        {
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            line.Append(ByteText.Text(_buffer.AsSpan(_start, length < 0 ? _end - _start : length)));
            if (length >= 0)
            {
                _start += length + 1;
                return line.ToString();
            }

            try
            {
                if (!await ReceiveAsync())
                {
                    throw new EndOfStreamException($"The server closed after {line.Length} bytes of a line.");
                }
            }
            catch (SocketException exception)
            {
                throw new EndOfStreamException($"The server reset after {line.Length} bytes of a line.", exception);
            }
        }
    }

    /// <summary>Reads several lines.</summary>
    /// <returns>Them, each with its LF.</returns>
    public async Task<string> ReadLinesAsync(int count)
    {
        StringBuilder lines = new();
        for (int i = 0; i < count; i++)
        {
            lines.Append(await ReadLineAsync()).Append('\n');
        }

        return lines.ToString();
    }

    /// <summary>Sends a request and reads its reply of one line.</summary>
    public async Task<string> AskAsync(string request)
    {
        await SendAsync($"{request}\n");
        return await ReadLineAsync();
    }

    /// <summary>Reads until the server ends the connection.</summary>
    /// <returns>What came before, and how it ended.</returns>
    public async Task<(string Text, ConnectionEnd End)> ReadToEndAsync()
    {
        StringBuilder text = new();
        try
        {
            do
            {
                text.Append(ByteText.Text(_buffer.AsSpan(_start, _end - _start)));
                _start = _end;
            }
            while (await ReceiveAsync());
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
        {
            return (text.ToString(), ConnectionEnd.Reset);
        }

        return (text.ToString(), ConnectionEnd.Closed);
    }

    /// <summary>Ends the client's side; the server's replies still arrive.</summary>
    public void EndSending() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes with a reset.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        Socket.Dispose();
    }

    /// <summary>Asks for STATS.</summary>
    public async Task<IReadOnlyDictionary<string, string>> StatsAsync()
    {
        string[] header = (await AskAsync("STATS")).Split(' ');
        Dictionary<string, string> stats = [];
        for (int i = 0; i < int.Parse(header[1]); i++)
        {
            string[] line = (await ReadLineAsync()).Split(' ', 2);
            stats.Add(line[0], line[1]);
        }

        return stats;
    }

    public void Dispose() => Socket.Dispose();

    private async Task<bool> ReceiveAsync()
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        _start = 0;
        _end = 0;
        _end = await Socket.ReceiveAsync(_buffer, limit.Token);
        return _end > 0;
    }
}
