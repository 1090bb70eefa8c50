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
    private Exception? _sendFailure;

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
        _sender = new RequestSender(stream, _inFlight, OnSendFailed);
        _receiver = new ReplyReceiver(server, received, _sender, _inFlight, counters, options.MaxValueLength);
    }

    /// <summary>The server.</summary>
    public KvServerAddress Server { get; }

    /// <summary>The number of requests that wait for a reply.</summary>
    public int InFlight => _inFlight.Count;

    /// <summary>Which of the client's connections it is, counted from 1 in the order in which they were made.</summary>
    public long Number { get; set; }

    /// <summary>Whether any reply has come.</summary>
    public bool HasAnswered => _receiver.HasAnswered;

    /// <summary>Takes a request.</summary>
    /// <returns>False when the connection sends nothing any more; the request is the caller's still.</returns>
    public bool TrySend(PendingRequest request) => _sender.TrySend(request);

    /// <summary>Receives until the connection ends. Called once.</summary>
    public async Task<ConnectionLoss> RunAsync()
    {
        Exception? received = await _receiver.RunAsync().ConfigureAwait(false);

        // Whoever ends the connection makes the receiver fail, so an end that somebody caused says more than what was received.
        Exception? abortedBy = Volatile.Read(ref _abortedBy);
        Exception reason = abortedBy ?? received ?? Volatile.Read(ref _sendFailure) ?? new KvConnectionException($"{Server} closed the connection");
        IReadOnlyList<PendingRequest> unsent = _sender.Close();
        List<PendingRequest> left = [];
        while (_inFlight.TryPeek(out PendingRequest? request))
        {
            _inFlight.Dequeue();
            left.Add(request);
        }

        await _stream.DisposeAsync().ConfigureAwait(false);
        _socket.Dispose();
        bool isUseless = abortedBy is not null || received is KvServerException or KvProtocolException || (left.Count > 0 && !HasAnswered);
        return new ConnectionLoss(reason, isUseless, left, unsent);
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
    /// Gives up requests whose time is over; ends the connection when requests wait and its server is silent; sends a PING when nothing has
    /// happened for long. Called by one thread at a time.
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

    /// <summary>What was sent before may still be answered, so the receiver goes on until the server ends the connection or falls silent.</summary>
    private void OnSendFailed(Exception e) =>
        Volatile.Write(ref _sendFailure, new KvConnectionException($"{Server} broke the connection: {e.Message}", e));
}
