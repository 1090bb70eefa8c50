using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;

namespace KvTcp.Transport.Uring;

/// <summary>A ring, the files that have operations in it, and the counter that wakes it.</summary>
/// <remarks>
/// What a turn asks for goes into the ring with the call that begins the next turn and waits for it. So a turn needs one system call,
/// however many connections it deals with; another for each thing that is done besides events, and while events take long.
/// </remarks>
internal sealed unsafe class UringEngine : LoopEngine
{
    /// <summary>How many operations may be asked for in one call.</summary>
    public const uint Submissions = 512;

    /// <summary>How many may complete in one call before the kernel keeps them elsewhere.</summary>
    public const uint Completions = 4096;

    /// <summary>How many receives may have completed and not been dealt with. Of a block of the ring only the pages that ever were filled are in memory.</summary>
    public const int Buffers = 128;

    private readonly Ring _ring;
    private readonly int _wakeUp;
    private readonly Queue<Completion> _taken = new();

    /// <summary>Makes a ring.</summary>
    /// <exception cref="Win32Exception">The system refuses it, or has no more files or memory.</exception>
    public UringEngine(EventLoop loop)
        : base(loop)
    {
        _ring = new Ring(Submissions, Completions);
        Sends = new SendBatch(_ring, loop);
        try
        {
            BufferRing = new BufferRing(loop.Pool, Buffers);
            _ring.Register(BufferRing);
            _wakeUp = PollCalls.CreateWakeUp();
            if (_wakeUp < 0)
            {
                throw new Win32Exception(Errno.Last);
            }

            WatchWakeUp();
        }
        catch
        {
            _ring.Dispose();
            BufferRing?.Dispose();
            throw;
        }
    }

    /// <summary>What is received into.</summary>
    public BufferRing BufferRing { get; }

    /// <summary>What is sent with the next call.</summary>
    public SendBatch Sends { get; }

    /// <summary>What has operations in the ring.</summary>
    public UringFiles Files { get; } = new();

    /// <summary>Whether nothing that is asked for happens any more, since the kernel lets the loop wait no more.</summary>
    public bool IsLost => _ring.IsLost;

    /// <inheritdoc/>
    public override LoopSocket CreateSocket(int file, LoopConnection connection) => new UringSocket(this, Loop, file, connection);

    /// <inheritdoc/>
    public override LoopAcceptor CreateAcceptor(int listener, bool isShared, EndPoint? localEndPoint, int highestFile, Action<LoopConnection> accepted) =>
        new UringAcceptor(this, Loop, listener, isShared, localEndPoint, highestFile, accepted);

    /// <inheritdoc/>
    public override int Turn(int milliseconds)
    {
        Sends.Prepare();
        Exchange(milliseconds == 0 || _taken.Count > 0 ? 0u : 1, milliseconds);
        return IsLost ? -1 : Dispatch();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        Sends.Prepare();
        if (_ring.Unsubmitted > 0)
        {
            Exchange(0, Timeout.Infinite);
        }
    }

    /// <inheritdoc/>
    public override void WakeUp() => _ = PollCalls.WakeUp(_wakeUp);

    /// <inheritdoc/>
    public override void FailAll(Exception reason) => FailAll(Files.All, reason);

    /// <summary>Begins an operation of a file with a place; the caller fills in the rest at once.</summary>
    public Submission* Prepare(int place, UringOperation operation)
    {
        Submission* submission = _ring.Prepare();
        submission->Data = OperationData.Of(place, operation);
        return submission;
    }

    /// <summary>Ends an operation that is under way; its last completion follows.</summary>
    public void Cancel(int place, UringOperation operation)
    {
        Submission* cancel = PrepareEnd(Submission.Cancel);
        cancel->Address = OperationData.Of(place, operation);
    }

    /// <summary>Has the kernel do now what is prepared.</summary>
    public void Submit()
    {
        _ring.Enter(0, Timeout.Infinite);
        SubmitRest();
    }

    /// <summary>Closes a descriptor after everything that was prepared with it.</summary>
    public void CloseFile(int file)
    {
        if (IsLost)
        {
            _ = SocketCalls.Close(file);
        }
        else
        {
            PrepareEnd(Submission.Close)->File = file;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        HandleTaken();
        while (!IsLost && (!Files.IsEmpty || _ring.Unsubmitted > 0))
        {
            // All that is taken is dealt with: else nobody might be left for whom to wait in the kernel.
            Exchange(Files.IsEmpty ? 0u : 1, Timeout.Infinite);
            HandleTaken();
        }

        _ring.Dispose();
        BufferRing.Dispose();
        _ = SocketCalls.Close(_wakeUp);
    }

    private Submission* PrepareEnd(byte operation)
    {
        Submission* submission = _ring.Prepare();
        submission->Operation = operation;
        submission->Flags = Submission.SkipSuccess;
        submission->Data = OperationData.End;
        return submission;
    }

    private void WatchWakeUp()
    {
        Submission* watch = _ring.Prepare();
        watch->Operation = Submission.Poll;
        watch->Data = OperationData.WakeUp;
        watch->File = _wakeUp;
        watch->OperationFlags = PollCalls.Readable;
        watch->Length = Submission.PollMultishot;
    }

    /// <summary>What was prepared names descriptors and memory that the turn may close and use anew, so it must not stay behind.</summary>
    private void SubmitRest()
    {
        while (_ring.Unsubmitted > 0 && !IsLost)
        {
            _ring.Enter(0, Timeout.Infinite);
        }
    }

    /// <summary>Has the kernel take all that was prepared, and takes all completions: those of sends must not be there when the next ones are prepared.</summary>
    private void Exchange(uint leastCompletions, long milliseconds)
    {
        _ring.Enter(leastCompletions, milliseconds);
        SubmitRest();
        TakeCompletions();
        while (_ring.HasOverflow && !IsLost)
        {
            _ring.Enter(0, Timeout.Infinite);
            TakeCompletions();
        }

        // A send of which nothing is known must not count as sent.
        if (!IsLost)
        {
            Sends.Settle();
        }
    }

    /// <summary>Notes the sends that have not sent everything, before anything else is dealt with, and keeps the others in the order in which they came.</summary>
    private void TakeCompletions()
    {
        while (_ring.TryTake(out Completion completion))
        {
            if (OperationData.OperationIn(completion.Data) == UringOperation.Send)
            {
                Sends.Note(OperationData.PlaceIn(completion.Data), completion.Result);
            }
            else
            {
                _taken.Enqueue(completion);
            }
        }
    }

    /// <summary>Deals with the completions that are there. When that takes long, what they ask for does not wait for all of them.</summary>
    private int Dispatch()
    {
        // What comes while sends are handed over is left to the next turn.
        int count = _taken.Count;
        long begun = Stopwatch.GetTimestamp();
        for (int i = 0; i < count && !IsLost; i++)
        {
            Handle(_taken.Dequeue());
            if (Stopwatch.GetElapsedTime(begun) >= EventLoop.LeastWork)
            {
                Flush();
                begun = Stopwatch.GetTimestamp();
            }
        }

        return count;
    }

    private void HandleTaken()
    {
        while (_taken.TryDequeue(out Completion completion))
        {
            Handle(completion);
        }
    }

    private void Handle(in Completion completion)
    {
        UringOperation operation = OperationData.OperationIn(completion.Data);
        if (completion.Data == OperationData.WakeUp && !completion.HasMore)
        {
            WatchWakeUp();
        }

        if (operation == UringOperation.End || Files[OperationData.PlaceIn(completion.Data)] is not IUringFile file)
        {
            return;
        }

        try
        {
            file.OnCompletion(operation, completion);
        }
        catch (Exception exception)
        {
            Loop.ReportBug(exception);
            file.Fail(exception);
        }
    }
}
