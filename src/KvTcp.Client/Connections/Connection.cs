using System.IO.Pipelines;
using System.Net.Sockets;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>A connection to a server from the moment it stands to its end: one direction sends, the other receives. Thread-safe.</summary>
internal sealed class Connection
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly KvClientOptions _options;
    private readonly RequestRing _inFlight;
    private readonly RequestSender _sender;
    private readonly ReplyReceiver _receiver;
    private long _progress;
    private long _quietSince = Environment.TickCount64;
    private long _waitingSince;
    private Exception? _abortedBy;

    /// <summary>Takes a connection over.</summary>
    /// <param name="server">The server.</param>
    /// <param name="socket">The socket.</param>
    /// <param name="stream">What is read and written: the socket's own stream, or TLS around it.</param>
    /// <param name="received">The reader of the stream.</param>
    /// <param name="options">The limits.</param>
    /// <param name="counters">Counts replies.</param>
    public Connection(
        KvServerAddress server, Socket socket, Stream stream, PipeReader received, KvClientOptions options, ReplyCounters counters)
    {
        Server = server;
        _socket = socket;
        _stream = stream;
        _options = options;
        _inFlight = new RequestRing(options.MaxRequestsInFlight);
        _sender = new RequestSender(stream, _inFlight, Abort);
        _receiver = new ReplyReceiver(server, received, _sender, _inFlight, counters, options.MaxValueLength);
    }

    /// <summary>The server.</summary>
    public KvServerAddress Server { get; }

    /// <summary>The number of requests that wait for a reply.</summary>
    public int InFlight => _inFlight.Count;

    /// <summary>Whether the server should be passed over: it accepted, and then answered nothing, or nothing more.</summary>
    public bool IsUseless => !_receiver.HasAnswered || _abortedBy is TimeoutException;

    /// <summary>Takes a request.</summary>
    /// <returns>False when the connection has ended; the request is the caller's still.</returns>
    public bool TrySend(PendingRequest request) => _sender.TrySend(request);

    /// <summary>Receives until the connection ends. Called once.</summary>
    /// <returns>Why it ended, and the requests without a reply, in their order.</returns>
    public async Task<(Exception Reason, IReadOnlyList<PendingRequest> Left)> RunAsync()
    {
        Exception reason = await _receiver.RunAsync().ConfigureAwait(false);
        List<PendingRequest> left = [];
        IReadOnlyList<PendingRequest> unsent = _sender.Close();
        while (_inFlight.TryPeek(out PendingRequest? request))
        {
            _inFlight.Dequeue();
            left.Add(request);
        }

        left.AddRange(unsent);
        await _stream.DisposeAsync().ConfigureAwait(false);
        _socket.Dispose();
        return (Volatile.Read(ref _abortedBy) ?? reason, left);
    }

    /// <summary>Ends the connection.</summary>
    /// <param name="reason">Why.</param>
    public void Abort(Exception reason)
    {
        Interlocked.CompareExchange(ref _abortedBy, reason, null);

        // What waits for the socket ends with an error, the receiver among it, and that ends the rest.
        _socket.Dispose();
    }

    /// <summary>
    /// Gives up requests whose time is over, and the connection when its server is silent; asks for a sign of life when nothing else does.
    /// Called by one thread at a time.
    /// </summary>
    /// <param name="now">The time, as <see cref="Environment.TickCount64"/> tells it.</param>
    public void LookAtDeadlines(long now)
    {
        _inFlight.GiveUpLate(now);
        _sender.GiveUpLate(now);
        long progress = _receiver.Progress;
        if (progress != _progress || progress < 0)
        {
            _progress = progress;
            _quietSince = now;
        }

        if (_inFlight.IsEmpty)
        {
            _waitingSince = now;
            if (_options.KeepAliveInterval != Timeout.InfiniteTimeSpan && now - _quietSince >= _options.KeepAliveInterval.TotalMilliseconds)
            {
                TextRequest ping = new(Command.Ping);
                ping.StartForNobody();
                TrySend(ping);
            }
        }
        else if (now - Math.Max(_quietSince, _waitingSince) >= _options.StallTimeout.TotalMilliseconds)
        {
            Abort(new TimeoutException($"{Server} has sent nothing for {_options.StallTimeout.TotalSeconds} s"));
        }
    }
}
