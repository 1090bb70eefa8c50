using System.Diagnostics;
using System.Runtime.InteropServices;

namespace KvTcp.LoadGen;

/// <summary>A connection that is made again whenever it breaks: its socket, what is in flight, what has been received. For one thread.</summary>
internal sealed unsafe class Connection : IDisposable
{
    private const int NoSocket = -1;

    private readonly LoadPlan _plan;
    private readonly Poll _poll;
    private readonly Greeting _greeting;
    private int _socket = NoSocket;
    private TlsLink? _tls;
    private bool _hasSentAuth;
    private byte[] _unsent = [];
    private int _unsentStart;
    private int _unsentEnd;

    /// <summary>Makes a connection that is not connected yet.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="poll">Watches it.</param>
    /// <param name="number">Its number in the events of <paramref name="poll"/>.</param>
    /// <param name="greeting">What has to happen before requests.</param>
    public Connection(LoadPlan plan, Poll poll, int number, Greeting greeting)
    {
        _greeting = greeting;
        _plan = plan;
        _poll = poll;
        Number = number;
        InFlight = new InFlightRequests(plan.Depth, plan.Verify ? plan.KeysPerRequest : 0);
        Reader = ReplyReader.Create(plan);
    }

    public int Number { get; }

    public ConnectionState State { get; private set; }

    /// <summary>When to connect again, while <see cref="State"/> is down; when to give up, while it is connecting.</summary>
    public long Deadline { get; set; }

    /// <summary>How many times in a row it has broken before any reply.</summary>
    public int Failures { get; private set; }

    public InFlightRequests InFlight { get; }

    public ReceiveBuffer Received { get; } = new();

    public ReplyReader Reader { get; private set; }

    /// <summary>How many keys of the oldest request have been compared with the data file; a reply to several may arrive in pieces.</summary>
    public int KeysVerified { get; set; }

    /// <summary>How many values of that reply have been read.</summary>
    public int ValuesRead { get; set; }

    /// <summary>Whether an error of that reply has been read.</summary>
    public bool HasError { get; set; }

    /// <summary>Whether it stands in the open loop's queue of connections with room.</summary>
    public bool IsQueued { get; set; }

    /// <summary>How many more requests it may take now. None while the socket has not taken all of the last ones.</summary>
    public int Room => State == ConnectionState.Open && !HasUnsent ? InFlight.Room : 0;

    /// <summary>Whether the socket has not taken all of the last requests.</summary>
    public bool HasUnsent => _unsentStart < _unsentEnd;

    /// <summary>Whether bytes wait to be received that no event will tell of.</summary>
    public bool HasPending => _tls is { HasPending: true };

    /// <summary>Begins to connect.</summary>
    /// <param name="target">The server.</param>
    /// <returns>0 or the number of the error.</returns>
    public int BeginConnect(SocketTarget target)
    {
        Debug.Assert(State == ConnectionState.Down, "closed before");
        int error = target.BeginConnect(out int socket);
        _socket = socket;
        if (error == 0)
        {
            _poll.Watch(LinuxCalls.Add, _socket, Number, LinuxCalls.Writable);
            State = ConnectionState.Connecting;
        }

        return error;
    }

    /// <summary>Ends to connect, when the socket has become writable.</summary>
    /// <returns>0 or the number of the error.</returns>
    public int EndConnect()
    {
        int error;
        int length = sizeof(int);
        _ = LinuxCalls.GetOption(_socket, LinuxCalls.SocketLevel, LinuxCalls.SocketErrorOption, &error, &length);
        if (error == 0)
        {
            _tls = _greeting.Tls?.Open(_socket);
            State = _greeting.IsEmpty ? ConnectionState.Open : ConnectionState.Greeting;

            // A greeting begins at once: the socket is writable.
            _poll.Watch(LinuxCalls.Modify, _socket, Number, _greeting.IsEmpty ? LinuxCalls.Readable : LinuxCalls.Readable | LinuxCalls.Writable);
        }

        return error;
    }

    /// <summary>Goes on with TLS and AUTH, when the socket is ready; at the end requests can be sent.</summary>
    /// <returns>Why it has failed; null when it has not.</returns>
    public string? Greet()
    {
        if (!_hasSentAuth)
        {
            uint wants = 0;
            if (_tls?.ShakeHands(out wants) is string failure)
            {
                return failure;
            }

            _poll.Watch(LinuxCalls.Modify, _socket, Number, wants == 0 ? LinuxCalls.Readable : wants);
            if (wants != 0)
            {
                return null;
            }

            _hasSentAuth = true;
            int error = Send(_greeting.Auth.Span);
            if (error != 0)
            {
                return SocketErrors.Text(error);
            }
        }

        return _greeting.Auth.IsEmpty ? Open() : ReadAuthReply();
    }

    private string? Open()
    {
        State = ConnectionState.Open;
        return null;
    }

    private string? ReadAuthReply()
    {
        int received = Receive(out int error);
        if (received <= 0)
        {
            return error != 0 ? SocketErrors.Text(error) : received == 0 ? "the server closed the connection instead of answering AUTH" : null;
        }

        ReadOnlySpan<byte> reply = Received.Unread;
        int end = reply.IndexOf((byte)'\n');
        if (end < 0)
        {
            return Received.Consume(0) ? null : "the server answered AUTH with no end";
        }

        ReadOnlySpan<byte> line = reply[..end].TrimEnd((byte)'\r');
        if (!line.SequenceEqual("OK"u8) && !line.SequenceEqual("+OK"u8))
        {
            return $"the server answered AUTH with: {ReplyText.Of(line)}";
        }

        Received.Consume(end + 1);
        return Open();
    }

    /// <summary>Sends as much as the socket takes, and keeps the rest for <see cref="SendRest"/>.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>0 or the number of the error.</returns>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        Debug.Assert(!HasUnsent, "what was kept goes first");
        int error = SendSome(ref bytes);
        if (error == 0 && !bytes.IsEmpty)
        {
            if (_unsent.Length < bytes.Length)
            {
                _unsent = new byte[bytes.Length];
            }

            bytes.CopyTo(_unsent);
            (_unsentStart, _unsentEnd) = (0, bytes.Length);
            _poll.Watch(LinuxCalls.Modify, _socket, Number, LinuxCalls.Readable | LinuxCalls.Writable);
        }

        return error;
    }

    /// <summary>Sends more of what <see cref="Send"/> kept, when the socket has become writable.</summary>
    /// <returns>0 or the number of the error.</returns>
    public int SendRest()
    {
        ReadOnlySpan<byte> rest = _unsent.AsSpan(_unsentStart.._unsentEnd);
        int error = SendSome(ref rest);
        _unsentStart = _unsentEnd - rest.Length;
        if (error == 0 && rest.IsEmpty)
        {
            _poll.Watch(LinuxCalls.Modify, _socket, Number, LinuxCalls.Readable);
        }

        return error;
    }

    /// <summary>Receives what there is.</summary>
    /// <param name="error">0 or the number of the error.</param>
    /// <returns>How many bytes; 0 when the server has closed; -1 when there is nothing, or an error.</returns>
    public int Receive(out int error)
    {
        int received;
        if (_tls is not null)
        {
            received = _tls.Receive(Received.Free, Received.FreeLength, out error);
        }
        else
        {
            received = (int)LinuxCalls.Receive(_socket, Received.Free, Received.FreeLength, LinuxCalls.DontWaitNoSignal);
            error = received < 0 ? Marshal.GetLastPInvokeError() : 0;
        }

        if (error is LinuxCalls.TryAgain or LinuxCalls.Interrupted)
        {
            error = 0;
        }

        Received.Append(Math.Max(0, received));
        return received;
    }

    /// <summary>Takes note that the oldest request has been answered.</summary>
    public void EndReply()
    {
        InFlight.Remove();
        (KeysVerified, ValuesRead, HasError) = (0, 0, false);
        Failures = 0;
    }

    /// <summary>Closes the socket, and forgets what is in flight.</summary>
    public void Close()
    {
        _tls?.Dispose();
        _tls = null;
        _hasSentAuth = false;
        if (_socket != NoSocket)
        {
            _ = LinuxCalls.Close(_socket);
            _socket = NoSocket;
        }

        while (InFlight.Count > 0)
        {
            InFlight.Remove();
        }

        State = ConnectionState.Down;
        Received.Clear();
        Reader = ReplyReader.Create(_plan);
        (KeysVerified, ValuesRead, HasError) = (0, 0, false);
        (_unsentStart, _unsentEnd) = (0, 0);
        Failures++;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        Received.Dispose();
    }

    private int SendSome(ref ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int sent;
            int error;
            fixed (byte* start = bytes)
            {
                if (_tls is not null)
                {
                    sent = _tls.Send(start, bytes.Length, out error);
                }
                else
                {
                    sent = (int)LinuxCalls.Send(_socket, start, bytes.Length, LinuxCalls.DontWaitNoSignal);
                    error = sent < 0 ? Marshal.GetLastPInvokeError() : 0;
                }
            }

            if (sent >= 0)
            {
                bytes = bytes[sent..];
            }
            else if (error != LinuxCalls.Interrupted)
            {
                return error == LinuxCalls.TryAgain ? 0 : error == 0 ? LinuxCalls.ProtocolError : error;
            }
        }

        return 0;
    }
}
