using System.Diagnostics;
using System.Net;
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
    private readonly List<long> _waits = [];
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
    public LoadResult Run(ServerProcess server, int connections, TimeSpan duration)
    {
        Dictionary<Socket, Connection> open = [];
        for (int i = 0; i < connections; i++)
        {
            Connection connection = new(server.EndPoint);
            open.Add(connection.Socket, connection);
            Send(connection);
        }

        Drive(open, duration / 4);
        _waits.Clear();
        double cpu = server.CpuSeconds();
        Stopwatch elapsed = Stopwatch.StartNew();
        Drive(open, duration);
        double seconds = elapsed.Elapsed.TotalSeconds;
        cpu = server.CpuSeconds() - cpu;
        foreach (Socket socket in open.Keys)
        {
            socket.Dispose();
        }

        long requests = (long)_waits.Count * _depth;
        _waits.Sort();
        return new LoadResult(requests / seconds, cpu / requests * 1e6, Wait(0.5), Wait(0.99));
    }

    private double Wait(double share) => Stopwatch.GetElapsedTime(0, _waits[(int)(_waits.Count * share)]).TotalMicroseconds;

    private void Drive(Dictionary<Socket, Connection> open, TimeSpan duration)
    {
        List<Socket> readable = [];
        for (Stopwatch elapsed = Stopwatch.StartNew(); elapsed.Elapsed < duration;)
        {
            readable.Clear();
            readable.AddRange(open.Keys);
            Socket.Select(readable, null, null, 1_000_000);
            foreach (Socket socket in readable)
            {
                int length = socket.Receive(_received);
                if (length == 0)
                {
                    throw new InvalidOperationException("The server has closed a connection.");
                }

                Connection connection = open[socket];
                connection.DueLineFeeds -= _received.AsSpan(0, length).Count((byte)'\n');
                if (connection.DueLineFeeds == 0)
                {
                    _waits.Add(Stopwatch.GetTimestamp() - connection.SentAt);
                    Send(connection);
                }
            }
        }
    }

    private void Send(Connection connection)
    {
        _next = (_next + 1) % _requests.Length;
        connection.DueLineFeeds = _depth * _format.LineFeedsPerHit;
        connection.SentAt = Stopwatch.GetTimestamp();
        connection.Socket.Send(_requests[_next]);
    }

    private sealed class Connection
    {
        public Connection(EndPoint server) => Socket.Connect(server);

        public Socket Socket { get; } = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        public int DueLineFeeds { get; set; }

        public long SentAt { get; set; }
    }
}
