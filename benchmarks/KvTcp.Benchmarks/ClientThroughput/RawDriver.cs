using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KvTcp.Benchmarks.ClientThroughput;

/// <summary>
/// The least that a client can do: one thread, one blocking socket, requests written beforehand, replies counted by their line feeds. It
/// keeps a number of GETs in flight by sending as many as were answered.
/// </summary>
internal sealed class RawDriver : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _received = new byte[1024 * 1024];
    private readonly byte[] _requests;
    private readonly int _requestLength;
    private readonly int _depth;

    /// <summary>Connects.</summary>
    /// <param name="server">The server.</param>
    /// <param name="keys">The keys to ask for, in turn.</param>
    /// <param name="depth">How many GETs are in flight.</param>
    public RawDriver(EndPoint server, Guid[] keys, int depth)
    {
        // The keys of the first requests stand at the end once more, so that no batch wraps around.
        _requests = Encoding.ASCII.GetBytes(string.Concat(keys.Concat(keys[..depth]).Select(static key => $"GET {key:D}\n")));
        _requestLength = _requests.Length / (keys.Length + depth);
        _depth = depth;
        _socket.Connect(server);
    }

    /// <summary>Drives.</summary>
    /// <param name="duration">How long.</param>
    /// <returns>Requests answered per second.</returns>
    public double Run(TimeSpan duration)
    {
        int period = _requests.Length - (_depth * _requestLength);
        int next = 0;
        long answered = 0;
        int free = _depth;
        Stopwatch elapsed = Stopwatch.StartNew();
        while (elapsed.Elapsed < duration)
        {
            _socket.Send(_requests.AsSpan(next, free * _requestLength));
            next = (next + (free * _requestLength)) % period;
            free = Receive();
            answered += free;
        }

        double seconds = elapsed.Elapsed.TotalSeconds;
        while (free < _depth)
        {
            free += Receive();
        }

        return answered / seconds;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private int Receive()
    {
        int length = _socket.Receive(_received);
        return length > 0
            ? _received.AsSpan(0, length).Count((byte)'\n')
            : throw new InvalidOperationException("The server has closed the connection.");
    }
}
