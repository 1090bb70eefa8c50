using System.Buffers;
using System.Diagnostics;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>
/// A request from the call to its completion. The reply, the time-out and the cancellation race for it, and the first one to claim it
/// decides; a request that was given up keeps its place among those in flight, so that its reply is read and thrown away. Thread-safe.
/// </summary>
/// <remarks>
/// Completing means to run the caller's code, which may block. So <see cref="CompletionQueue"/> does it, and never the thread that
/// reads replies.
/// </remarks>
internal abstract class PendingRequest
{
    // The status is the lowest two bits of the state. The bits above count how often the object has been used, so that a thread
    // that looks for late requests cannot give up the next use of an object for the deadline of the last one.
    private const int StatusMask = 3;
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Claimed = 2;
    private const int GivenUp = 3;
    private const int NextUse = StatusMask + 1;

    private RequestMonitor? _monitor;
    private CancellationTokenRegistration _cancellation;
    private Exception? _failure;
    private long _startedAt;
    private long _deadline;
    private int _state;

    /// <summary>The command.</summary>
    public abstract Command Command { get; }

    /// <summary>How many keys it asks for.</summary>
    public virtual int KeyCount => 0;

    /// <summary>On how many connections it has been sent.</summary>
    public int Attempts { get; private set; }

    /// <summary>How many connections the client had made when an attempt last failed; 0 if none has.</summary>
    public long LostAt { get; set; }

    /// <summary>Whether nobody has claimed it yet.</summary>
    public bool IsWaiting => (Volatile.Read(ref _state) & StatusMask) == Waiting;

    /// <summary>Whether the object may be used again: nothing but the reply has completed it, so nothing refers to it any more.</summary>
    protected bool IsReusable => (_state & StatusMask) == Claimed && _failure is null;

    /// <summary>Starts the clock. Called once, before the request is sent.</summary>
    /// <param name="monitor">Knows the time-out and counts what becomes of requests.</param>
    /// <param name="cancellationToken">Gives the request up.</param>
    public void Start(RequestMonitor monitor, CancellationToken cancellationToken)
    {
        Debug.Assert((_state & StatusMask) == Idle);
        _monitor = monitor;
        _deadline = monitor.NextDeadline();
        _startedAt = monitor.StartTime();
        if (!cancellationToken.CanBeCanceled)
        {
            Volatile.Write(ref _state, _state + Waiting);
            return;
        }

        _cancellation = cancellationToken.UnsafeRegister(static (request, token) => ((PendingRequest)request!).Cancel(token), this);
        Volatile.Write(ref _state, _state + Waiting);
        if (cancellationToken.IsCancellationRequested)
        {
            Cancel(cancellationToken);
        }
    }

    /// <summary>Starts a request whose result nobody awaits: it has no time-out, and nobody counts it.</summary>
    public void StartForNobody()
    {
        Debug.Assert((_state & StatusMask) == Idle);
        _deadline = long.MaxValue;
        Volatile.Write(ref _state, _state + Waiting);
    }

    /// <summary>Writes the request, which counts as an attempt.</summary>
    /// <param name="output">Receives it.</param>
    public void Send(IBufferWriter<byte> output)
    {
        Attempts++;
        Write(output);
    }

    /// <summary>Takes the last attempt back: it had no chance.</summary>
    public void ForgetAttempt() => Attempts--;

    /// <summary>Takes what has arrived of the reply, and completes the request with the last of it.</summary>
    /// <param name="received">What has arrived; on return it starts after what was taken. An invalid line is left there.</param>
    /// <param name="maxLine">The longest line accepted, LF included.</param>
    /// <param name="searched">As for <see cref="LineFraming.TryReadLine"/>.</param>
    /// <param name="counters">Counts the reply.</param>
    /// <returns>Whether the reply is whole. What is valid for another command is invalid here.</returns>
    public abstract ReplyStatus Read(ref ReadOnlySequence<byte> received, int maxLine, ref long searched, ReplyCounters counters);

    /// <summary>Gives the request up when its time is over.</summary>
    /// <param name="now">The time, as <see cref="Environment.TickCount64"/> tells it.</param>
    public void GiveUpIfLate(long now)
    {
        int state = Volatile.Read(ref _state);
        if ((state & StatusMask) == Waiting && Volatile.Read(ref _deadline) <= now && TryMove(state, GivenUp))
        {
            Debug.Assert(_monitor is not null);
            Complete(_monitor.TimedOut(Command));
        }
    }

    /// <summary>Fails the request, unless something else has completed it.</summary>
    /// <param name="failure">The exception, not shared with another request: it collects the stack of its caller.</param>
    public void TryFail(Exception failure)
    {
        if (TryClaim())
        {
            Complete(failure);
        }
    }

    /// <summary>Completes the caller's task, which runs the caller. Called once, by <see cref="CompletionQueue"/>.</summary>
    public void RunCaller()
    {
        // Waits for a cancellation callback that is under way, so none can meet the next use of this object.
        _cancellation.Dispose();
        _monitor?.Completed(Command, _startedAt);
        Publish(_failure);
    }

    /// <summary>Writes the request.</summary>
    /// <param name="output">Receives it.</param>
    protected abstract void Write(IBufferWriter<byte> output);

    /// <summary>Completes the task with the result, or with a failure.</summary>
    protected abstract void Publish(Exception? failure);

    /// <summary>Gives the right to complete the request to one caller.</summary>
    protected bool TryClaim()
    {
        int state = Volatile.Read(ref _state);
        return (state & StatusMask) == Waiting && TryMove(state, Claimed);
    }

    /// <summary>Fails the request with an <c>ERR</c> reply, unless it was given up.</summary>
    /// <returns>False for <see cref="ErrorCode.Busy"/>, which is about the connection and answers no request.</returns>
    protected bool TryRefuse(in Reply reply, ReplyCounters counters)
    {
        if (reply.Code == ErrorCode.Busy)
        {
            return false;
        }

        counters.Replies++;
        counters.Refusals++;
        if (TryClaim())
        {
            Complete(KvServerException.Of(reply));
        }

        return true;
    }

    /// <summary>Completes a claimed request: with a failure, or with what has been stored as its result.</summary>
    protected void Complete(Exception? failure)
    {
        _failure = failure;

        // A request for nobody has no monitor, and nobody to run.
        _monitor?.Completions.Add(this);
    }

    /// <summary>Makes the object ready for its next use.</summary>
    protected void Reset()
    {
        Debug.Assert(IsReusable);
        Attempts = 0;
        LostAt = 0;
        _monitor = null;
        _cancellation = default;
        Volatile.Write(ref _state, (_state & ~StatusMask) + NextUse);
    }

    private void Cancel(CancellationToken token)
    {
        int state = Volatile.Read(ref _state);
        if ((state & StatusMask) == Waiting && TryMove(state, GivenUp))
        {
            Debug.Assert(_monitor is not null);
            Complete(_monitor.Cancelled(token));
        }
    }

    private bool TryMove(int state, int status) =>
        Interlocked.CompareExchange(ref _state, (state & ~StatusMask) | status, state) == state;
}
