using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KvTcp.Soak;

/// <summary>A connection that speaks in lines and does nothing by itself, so that clients can misuse it. One user at a time.</summary>
internal sealed class LineSocket : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    private LineSocket(Socket socket) => _socket = socket;

    /// <summary>Connects.</summary>
    /// <param name="socket">Becomes this object's.</param>
    /// <param name="server">Where.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="SocketException">It cannot.</exception>
    public static async Task<LineSocket> ConnectAsync(Socket socket, EndPoint server, CancellationToken stop)
    {
        try
        {
            socket.NoDelay = true;
            await WithinPatienceAsync(
                async token =>
                {
                    await socket.ConnectAsync(server, token);
                    return socket;
                },
                stop);
            return new LineSocket(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends.</summary>
    /// <param name="bytes">What.</param>
    /// <param name="stop">Gives up. Nothing else does: the server decides how long a client may take.</param>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await _socket.SendAsync(bytes, stop)..];
        }
    }

    /// <summary>Reads a line.</summary>
    /// <returns>It without its LF; null when the server has closed in order, after a whole line.</returns>
    /// <exception cref="EndOfStreamException">The server has closed within a line.</exception>
    /// <exception cref="TimeoutException">Nothing has come for long.</exception>
    public async ValueTask<string?> ReadLineAsync(CancellationToken stop)
    {
        StringBuilder? begun = null;
        for (; ; )
        {
            int length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            string text = Encoding.Latin1.GetString(_buffer, _start, length < 0 ? _end - _start : length);
            if (length >= 0)
            {
                _start += length + 1;
                return begun is null ? text : begun.Append(text).ToString();
            }

            begun = (begun ?? new StringBuilder()).Append(text);
            _start = 0;
            _end = await WithinPatienceAsync(token => _socket.ReceiveAsync(_buffer.AsMemory(), token), stop);
            if (_end == 0)
            {
                return begun.Length == 0 ? null : throw new EndOfStreamException($"the server closed {begun.Length} bytes into a line");
            }
        }
    }

    /// <summary>Ends the client's side; the server's replies still arrive.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Has the connection end in a reset when it is disposed.</summary>
    public void ResetAtEnd() => _socket.LingerState = new LingerOption(enable: true, seconds: 0);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static async Task<T> WithinPatienceAsync<T>(Func<CancellationToken, ValueTask<T>> action, CancellationToken stop)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        try
        {
            return await action(limit.Token);
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            throw new TimeoutException($"nothing has happened for {Patience.TotalSeconds} s", e);
        }
    }
}
