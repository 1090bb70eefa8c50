using System.ComponentModel;
using System.Net;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;

namespace KvTcp.Transport.Uring;

/// <summary>A ring, the files that have operations in it, and the counter that wakes it.</summary>
/// <remarks>
/// What a turn asks for goes into the ring with the call that begins the next turn and waits for it. So a turn needs one system call,
/// however many connections it deals with; and another for each thing that is done besides events.
/// </remarks>
internal sealed unsafe class UringEngine : LoopEngine
{
    /// <summary>How many operations may be asked for in one call.</summary>
    public const uint Submissions = 512;

    /// <summary>How many may complete in one call before the kernel keeps them elsewhere.</summary>
    public const uint Completions = 4096;

    /// <summary>How many receives may complete in one call. Of a block of the ring only the pages that ever were filled are in memory.</summary>
    public const int Buffers = 128;

    private readonly Ring _ring;
    private readonly int _wakeUp;
    private readonly List<Completion> _kept = [];

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

    /// <summary>What is sent when the turn is over.</summary>
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
        uint least = milliseconds == 0 || _ring.CompletionCount > 0 || _kept.Count > 0 ? 0u : 1;
        _ring.Enter(least, milliseconds);
        FinishEntering();
        NoteSends();
        if (IsLost)
        {
            // A send of which nothing is known must not count as sent.
            return -1;
        }

        Sends.Settle();
        return Dispatch();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        Sends.Prepare();
        if (_ring.Unsubmitted == 0)
        {
            return;
        }

        _ring.Enter(0, Timeout.Infinite);
        FinishEntering();

        // The next turn must not take them for completions of its own sends.
        KeepCompletions();
        if (!IsLost)
        {
            Sends.Settle();
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
        // Nobody waits in the kernel for what is kept.
        Dispatch();
        while (!IsLost && (!Files.IsEmpty || _ring.Unsubmitted > 0))
        {
            _ring.Enter(Files.IsEmpty ? 0u : 1, Timeout.Infinite);
            Dispatch();
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

    /// <summary>Has the kernel take all that was prepared, and give all completions.</summary>
    private void FinishEntering()
    {
        SubmitRest();
        while (_ring.HasOverflow && !IsLost)
        {
            KeepCompletions();
            _ring.Enter(0, Timeout.Infinite);
        }
    }

    /// <summary>Makes room in the ring: notes the sends, and keeps the others for <see cref="Dispatch"/>.</summary>
    private void KeepCompletions()
    {
        while (_ring.TryTake(out Completion completion))
        {
            if (!TryNoteSend(completion))
            {
                _kept.Add(completion);
            }
        }
    }

    /// <summary>Finds the sends that have not sent everything, before anything else is dealt with.</summary>
    private void NoteSends()
    {
        uint count = _ring.CompletionCount;
        for (uint i = 0; i < count; i++)
        {
            TryNoteSend(_ring.Peek(i));
        }
    }

    /// <returns>Whether it is a send's.</returns>
    private bool TryNoteSend(in Completion completion)
    {
        bool isSend = OperationData.OperationIn(completion.Data) == UringOperation.Send;
        if (isSend)
        {
            Sends.Note(OperationData.PlaceIn(completion.Data), completion.Result);
        }

        return isSend;
    }

    private int Dispatch()
    {
        int count = 0;
        foreach (Completion completion in _kept)
        {
            Handle(completion);
            count++;
        }

        _kept.Clear();
        while (_ring.TryTake(out Completion completion))
        {
            Handle(completion);
            count++;
        }

        return count;
    }

    private void Handle(in Completion completion)
    {
        UringOperation operation = OperationData.OperationIn(completion.Data);
        if (completion.Data == OperationData.WakeUp && !completion.HasMore)
        {
            WatchWakeUp();
        }

        if (operation is UringOperation.End or UringOperation.Send || Files[OperationData.PlaceIn(completion.Data)] is not IUringFile file)
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
