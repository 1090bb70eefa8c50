using System.Diagnostics;
using System.Net.Sockets;

namespace KvTcp.Benchmarks.ServerCost;

/// <summary>
/// Closed-loop load from one thread: every connection sends a number of GETs at once, waits for all replies, and repeats. It counts
/// line feeds rather than reading replies; that is enough to measure the server's cost, and not its answers.
/// </summary>
internal sealed class PipelinedLoad
{
    private readonly byte[] _received = new byte[1024 * 1024];
    private readonly byte[][] _requests;
    private readonly WireFormat _format;
    private readonly int _depth;
    private int _next;

    /// <summary>Prepares the requests.</summary>
    /// <param name="format">The server's protocol.</param>
    /// <param name="keys">The keys to ask for, which the server has.</param>
    /// <param name="depth">GETs in flight on each connection.</param>
    public PipelinedLoad(WireFormat format, IEnumerable<string> keys, int depth)
    {
        _format = format;
        _depth = depth;
        _requests = [.. keys.Select(format.Get).Chunk(depth).Where(chunk => chunk.Length == depth)
            .Select(static gets => gets.SelectMany(static get => get).ToArray())];
    }

    /// <summary>Loads a server and measures what it costs.</summary>
    /// <param name="server">The server.</param>
    /// <param name="connections">How many connections.</param>
    /// <param name="duration">How long, after a warm-up of a fourth of that.</param>
    /// <returns>Requests per second, and the server's processor time per request in microseconds.</returns>
    public (double RequestsPerSecond, double CpuMicroseconds) Run(ServerProcess server, int connections, TimeSpan duration)
    {
        Dictionary<Socket, int> due = [];
        for (int i = 0; i < connections; i++)
        {
            Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(server.EndPoint);
            due.Add(socket, Send(socket));
        }

        Drive(due, duration / 4);
        double cpu = server.CpuSeconds();
        Stopwatch elapsed = Stopwatch.StartNew();
        long requests = Drive(due, duration);
        double seconds = elapsed.Elapsed.TotalSeconds;
        cpu = server.CpuSeconds() - cpu;
        foreach (Socket socket in due.Keys)
        {
            socket.Dispose();
        }

        return (requests / seconds, cpu / requests * 1e6);
    }

    private long Drive(Dictionary<Socket, int> due, TimeSpan duration)
    {
        long requests = 0;
        List<Socket> readable = [];
        for (Stopwatch elapsed = Stopwatch.StartNew(); elapsed.Elapsed < duration;)
        {
            readable.Clear();
            readable.AddRange(due.Keys);
            Socket.Select(readable, null, null, 1_000_000);
            foreach (Socket socket in readable)
            {
                int length = socket.Receive(_received);
                if (length == 0)
                {
                    throw new InvalidOperationException("The server has closed a connection.");
                }

                int rest = due[socket] - _received.AsSpan(0, length).Count((byte)'\n');
                if (rest == 0)
                {
                    requests += _depth;
                    rest = Send(socket);
                }

                due[socket] = rest;
            }
        }

        return requests;
    }

    private int Send(Socket socket)
    {
        _next = (_next + 1) % _requests.Length;
        socket.Send(_requests[_next]);
        return _depth * _format.LineFeedsPerHit;
    }
}
