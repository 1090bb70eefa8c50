using System.ComponentModel;
using System.Net;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;

namespace KvTcp.Transport.Epoll;

/// <summary>An epoll instance, the files that it watches, and the counter that wakes it.</summary>
internal sealed unsafe class EpollEngine : LoopEngine
{
    /// <summary>How many events one turn takes at most.</summary>
    private const int MostEvents = 256;

    private const ulong WakeUpData = ulong.MaxValue;

    private readonly byte[] _eventMemory = GC.AllocateArray<byte>(MostEvents * PollCalls.EventSize, pinned: true);
    private readonly byte* _events;
    private readonly int _poll;
    private readonly int _wakeUp;
    private IEpollFile?[] _files = new IEpollFile?[64];
    private uint _generation;

    /// <summary>Makes an instance.</summary>
    /// <exception cref="Win32Exception">The system has no more files.</exception>
    public EpollEngine(EventLoop loop)
        : base(loop)
    {
        fixed (byte* events = _eventMemory)
        {
            _events = events;
        }

        _poll = PollCalls.Create();
        _wakeUp = PollCalls.CreateWakeUp();

        // By edges, so that the counter need not be read.
        if (_poll < 0 || _wakeUp < 0 || PollCalls.Control(_poll, PollCalls.Add, _wakeUp, PollCalls.Readable | PollCalls.Edge, WakeUpData) != 0)
        {
            int errno = Errno.Last;
            Dispose();
            throw new Win32Exception(errno);
        }
    }

    /// <inheritdoc/>
    public override LoopSocket CreateSocket(int file, LoopConnection connection) => new EpollSocket(this, Loop, file, connection);

    /// <inheritdoc/>
    public override LoopAcceptor CreateAcceptor(int listener, bool isShared, EndPoint? localEndPoint, int highestFile, Action<LoopConnection> accepted) =>
        new EpollAcceptor(this, Loop, listener, isShared, localEndPoint, highestFile, accepted);

    /// <inheritdoc/>
    public override int Turn(int milliseconds)
    {
        int count = PollCalls.Wait(_poll, _events, MostEvents, milliseconds);
        for (int i = 0; i < count; i++)
        {
            (uint events, ulong data) = PollCalls.EventAt(_events, i);
            uint descriptor = (uint)data;

            // Neither a wake-up nor one whose descriptor was closed since.
            if (descriptor < (uint)_files.Length && _files[descriptor] is IEpollFile file && file.Generation == data >> 32)
            {
                Handle(file, events);
            }
        }

        return count;
    }

    /// <inheritdoc/>
    public override void WakeUp() => _ = PollCalls.WakeUp(_wakeUp);

    /// <inheritdoc/>
    public override void FailAll(Exception reason) => FailAll(_files, reason);

    /// <summary>Begins to watch a file.</summary>
    /// <returns>Whether the system allows it; if not, errno tells why.</returns>
    public bool TryAdd(IEpollFile file, uint events)
    {
        int descriptor = file.File;
        if (descriptor >= _files.Length)
        {
            Array.Resize(ref _files, Math.Max(descriptor + 1, 2 * _files.Length));
        }

        file.Generation = ++_generation;
        if (PollCalls.Control(_poll, PollCalls.Add, descriptor, events, (ulong)file.Generation << 32 | (uint)descriptor) != 0)
        {
            return false;
        }

        _files[descriptor] = file;
        return true;
    }

    /// <summary>Ends watching a file that stays open.</summary>
    public void Remove(IEpollFile file)
    {
        _ = PollCalls.Control(_poll, PollCalls.Delete, file.File, 0, 0);
        Forget(file);
    }

    /// <summary>Forgets a file that is being closed, which also takes it out of the instance.</summary>
    public void Forget(IEpollFile file)
    {
        if (_files[file.File] == file)
        {
            _files[file.File] = null;
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _ = SocketCalls.Close(_wakeUp);
        _ = SocketCalls.Close(_poll);
    }

    private void Handle(IEpollFile file, uint events)
    {
        try
        {
            file.OnEvents(events);
        }
        catch (Exception exception)
        {
            Loop.ReportBug(exception);
            file.Fail(exception);
        }
    }
}
