using System.ComponentModel;
using System.Runtime.CompilerServices;
using KvTcp.Transport.Linux;

namespace KvTcp.Transport.Uring;

/// <summary>
/// An io_uring: two queues in memory that is shared with the kernel, and the call that submits and waits. For the one thread that has
/// made it, which disposes it too.
/// </summary>
/// <remarks>
/// The kernel works on this ring only while its thread is in <see cref="Enter"/>, so completions come there and nowhere else. Each
/// side of a queue writes one of its two indexes, after what the index tells the other side to look at.
/// </remarks>
internal sealed unsafe class Ring : IDisposable
{
    private const uint NeededFeatures = UringParameters.HasSingleMap | UringParameters.HasNoDrop
        | UringParameters.HasExtendedArgument | UringParameters.HasCompletionSkip;

    private const long SubmissionsOffset = 0x10000000;
    private const uint CompletionOverflow = 1 << 1;

    private readonly int _file;
    private readonly void* _queues;
    private readonly nuint _queuesLength;
    private readonly Submission* _submissions;
    private readonly uint _submissionCount;
    private readonly uint* _submissionHead;
    private readonly uint* _submissionTail;
    private readonly uint* _submissionFlags;
    private readonly Completion* _completions;
    private readonly uint _completionMask;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly int _enterFile;
    private readonly uint _enterFlags;
    private uint _prepared;

    /// <summary>Makes a ring.</summary>
    /// <param name="submissions">How many submissions one call takes; a power of two.</param>
    /// <param name="completions">How many completions fit; a power of two, and greater.</param>
    /// <exception cref="Win32Exception">The system refuses; the error is the call's, or "not supported" when the kernel is too old.</exception>
    public Ring(uint submissions, uint completions)
    {
        UringParameters parameters = new()
        {
            Flags = UringParameters.CompletionSize | UringParameters.Clamp | UringParameters.SubmitAll
                | UringParameters.SingleIssuer | UringParameters.DeferTaskRun,
            CompletionEntries = completions,
        };
        _file = _enterFile = UringCalls.Setup(submissions, &parameters);
        if (_file < 0)
        {
            throw new Win32Exception(Errno.Last);
        }

        if ((parameters.Features & NeededFeatures) != NeededFeatures)
        {
            Dispose();
            throw new Win32Exception(Errno.NotSupported);
        }

        _submissionCount = parameters.SubmissionEntries;
        _queuesLength = Math.Max(
            parameters.Submissions.Array + _submissionCount * sizeof(uint),
            parameters.Completions.Entries + parameters.CompletionEntries * (uint)sizeof(Completion));
        _queues = UringCalls.Map(_file, _queuesLength, 0);
        _submissions = (Submission*)UringCalls.Map(_file, _submissionCount * (nuint)sizeof(Submission), SubmissionsOffset);
        if (_queues is null || _submissions is null)
        {
            int errno = Errno.Last;
            Dispose();
            throw new Win32Exception(errno);
        }

        _submissionHead = Field(parameters.Submissions.Head);
        _submissionTail = Field(parameters.Submissions.Tail);
        _submissionFlags = Field(parameters.Submissions.Flags);
        _completionHead = Field(parameters.Completions.Head);
        _completionTail = Field(parameters.Completions.Tail);
        _completions = (Completion*)Field(parameters.Completions.Entries);
        _completionMask = parameters.CompletionEntries - 1;

        // The queue holds indexes of submissions; here each place always has the same.
        uint* indexes = Field(parameters.Submissions.Array);
        for (uint i = 0; i < _submissionCount; i++)
        {
            indexes[i] = i;
        }

        // Saves looking the descriptor up at each call. The table of a thread may be full.
        if (ChangeTable(UringCalls.RegisterRingFiles, uint.MaxValue, out uint place))
        {
            _enterFile = (int)place;
            _enterFlags = UringCalls.EnterRegisteredRing;
        }
    }

    /// <summary>How many completions are there to be taken.</summary>
    public uint CompletionCount => Volatile.Read(ref *_completionTail) - *_completionHead;

    /// <summary>Whether completions did not fit; they come with a later <see cref="Enter"/> when there is room.</summary>
    public bool HasOverflow => (Volatile.Read(ref *_submissionFlags) & CompletionOverflow) != 0;

    /// <summary>How many prepared submissions the kernel has not taken.</summary>
    public uint Unsubmitted => _prepared - Volatile.Read(ref *_submissionHead);

    /// <summary>Whether the kernel will not let its thread enter again: nothing more completes, and nothing is known of what is under way.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Has the kernel take buffers for receives from a ring of them.</summary>
    /// <exception cref="Win32Exception">The system refuses.</exception>
    public void Register(BufferRing buffers)
    {
        BufferRing.Registration registration = buffers.Describe();
        if (UringCalls.Register(_file, UringCalls.RegisterBufferRing, &registration, 1) != 0)
        {
            throw new Win32Exception(Errno.Last);
        }
    }

    /// <summary>The next submission, empty, to be filled at once. When all are taken, those before are submitted.</summary>
    public Submission* Prepare()
    {
        while (Unsubmitted >= _submissionCount && !IsLost)
        {
            // The kernel takes all of them, unless it runs out of memory, and then it helps to let it work on what it has. When the
            // ring is lost, what is prepared goes nowhere.
            Enter(0, Timeout.Infinite);
        }

        Submission* next = _submissions + (_prepared++ & (_submissionCount - 1));
        *next = default;
        return next;
    }

    /// <summary>Submits what is prepared, lets the kernel work, and waits for completions.</summary>
    /// <param name="leastCompletions">How many have to be there; 0 does not wait.</param>
    /// <param name="milliseconds">The longest wait; -1 has no end.</param>
    /// <returns>How many submissions the kernel took; or -1, and errno tells why, which a time-out does as well.</returns>
    public int Enter(uint leastCompletions, long milliseconds)
    {
        Volatile.Write(ref *_submissionTail, _prepared);
        int result = leastCompletions == 0 || milliseconds < 0
            ? UringCalls.Enter(_enterFile, Unsubmitted, leastCompletions, UringCalls.EnterGetEvents | _enterFlags, null, 0)
            : EnterFor(leastCompletions, milliseconds);
        IsLost |= result < 0 && !Errno.IsTransient(Errno.Last);
        return result;
    }

    /// <summary>Takes the oldest completion.</summary>
    /// <returns>Whether there was one.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(out Completion completion)
    {
        uint head = *_completionHead;
        if (head == Volatile.Read(ref *_completionTail))
        {
            completion = default;
            return false;
        }

        completion = _completions[head & _completionMask];
        Volatile.Write(ref *_completionHead, head + 1);
        return true;
    }

    /// <summary>A completion that stays where it is.</summary>
    /// <param name="index">Its place after the oldest; less than <see cref="CompletionCount"/>.</param>
    public ref readonly Completion Peek(uint index) => ref _completions[*_completionHead + index & _completionMask];

    /// <summary>Closes the ring. The kernel gives up what is not complete.</summary>
    public void Dispose()
    {
        if (_queues is not null)
        {
            _ = UringCalls.Unmap(_queues, _queuesLength);
        }

        if (_submissions is not null)
        {
            _ = UringCalls.Unmap(_submissions, _submissionCount * (nuint)sizeof(Submission));
        }

        if (_enterFlags == UringCalls.EnterRegisteredRing)
        {
            // The table would keep the ring until the thread ends.
            ChangeTable(UringCalls.UnregisterRingFiles, (uint)_enterFile, out _);
        }

        _ = SocketCalls.Close(_file);
    }

    private int EnterFor(uint leastCompletions, long milliseconds)
    {
        TimeSpec time = new() { Seconds = milliseconds / 1000, Nanoseconds = milliseconds % 1000 * 1_000_000 };
        EventsArgument argument = new() { Time = &time };
        return UringCalls.Enter(
            _enterFile, Unsubmitted, leastCompletions,
            UringCalls.EnterGetEvents | UringCalls.EnterExtendedArgument | _enterFlags, &argument, sizeof(EventsArgument));
    }

    /// <summary>Puts the ring into the table that the kernel keeps for each thread, or takes it out.</summary>
    /// <param name="operation">Which of the two.</param>
    /// <param name="place">The place in the table; the greatest number is any that is free.</param>
    /// <param name="taken">The place that it was.</param>
    /// <returns>Whether the kernel has done it.</returns>
    private bool ChangeTable(uint operation, uint place, out uint taken)
    {
        // struct io_uring_rsrc_update: the place, then the descriptor, which is not looked at when the ring is taken out.
        ulong* update = stackalloc ulong[2];
        update[0] = place;
        update[1] = operation == UringCalls.RegisterRingFiles ? (ulong)_file : 0;
        bool isDone = UringCalls.Register(_file, operation, update, 1) == 1;
        taken = (uint)update[0];
        return isDone;
    }

    private uint* Field(uint offset) => (uint*)((byte*)_queues + offset);

    /// <summary>struct __kernel_timespec.</summary>
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>struct io_uring_getevents_arg.</summary>
    private struct EventsArgument
    {
        public ulong SignalMask;
        public uint SignalMaskSize;
        public uint LeastWait;
        public TimeSpec* Time;
    }
}
