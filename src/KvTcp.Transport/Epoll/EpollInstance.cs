using System.ComponentModel;
using KvTcp.Transport.Linux;

namespace KvTcp.Transport.Epoll;

/// <summary>An epoll instance, the files that it watches, and the counter that wakes it. On its loop only, apart from <see cref="WakeUp"/>.</summary>
internal sealed unsafe class EpollInstance : IDisposable
{
    /// <summary>How many events one turn takes at most.</summary>
    private const int MostEvents = 256;

    private const ulong WakeUpData = ulong.MaxValue;

    private readonly byte[] _eventMemory = GC.AllocateArray<byte>(MostEvents * PollCalls.EventSize, pinned: true);
    private readonly byte* _events;
    private readonly int _poll;
    private readonly int _wakeUp;
    private EpollFile?[] _files = new EpollFile?[64];
    private uint _generation;

    /// <summary>Makes an instance.</summary>
    /// <exception cref="Win32Exception">The system has no more files.</exception>
    public EpollInstance()
    {
        fixed (byte* events = _eventMemory)
        {
            _events = events;
        }

        _poll = ThrowIfFailed(PollCalls.Create());
        _wakeUp = ThrowIfFailed(PollCalls.CreateWakeUp());

        // By edges, so that the counter need not be read.
        ThrowIfFailed(PollCalls.Control(_poll, PollCalls.Add, _wakeUp, PollCalls.Readable | PollCalls.Edge, WakeUpData));
    }

    /// <summary>Every file that is watched.</summary>
    public IEnumerable<EpollFile> Files => _files.OfType<EpollFile>();

    /// <summary>Begins to watch a file.</summary>
    /// <returns>Whether the system allows it; if not, errno tells why.</returns>
    public bool TryAdd(EpollFile file, uint events)
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
    public void Remove(EpollFile file)
    {
        _ = PollCalls.Control(_poll, PollCalls.Delete, file.File, 0, 0);
        Forget(file);
    }

    /// <summary>Forgets a file that is being closed, which also takes it out of the instance.</summary>
    public void Forget(EpollFile file)
    {
        if (_files[file.File] == file)
        {
            _files[file.File] = null;
        }
    }

    /// <summary>Waits for events.</summary>
    /// <param name="milliseconds">The longest wait; -1 has no end.</param>
    /// <returns>How many there are, for <see cref="EventAt"/>; or -1, and errno tells why.</returns>
    public int Wait(int milliseconds) => PollCalls.Wait(_poll, _events, MostEvents, milliseconds);

    /// <summary>One of the events.</summary>
    /// <returns>The file; null when it has been closed since, and for a wake-up.</returns>
    public EpollFile? EventAt(int index, out uint events)
    {
        (events, ulong data) = PollCalls.EventAt(_events, index);
        uint descriptor = (uint)data;
        return descriptor < (uint)_files.Length && _files[descriptor] is EpollFile file && file.Generation == data >> 32 ? file : null;
    }

    /// <summary>Ends a wait. Thread-safe, until the instance is disposed.</summary>
    public void WakeUp() => _ = PollCalls.WakeUp(_wakeUp);

    /// <summary>Closes it.</summary>
    public void Dispose()
    {
        _ = SocketCalls.Close(_wakeUp);
        _ = SocketCalls.Close(_poll);
    }

    private static int ThrowIfFailed(int result) => result >= 0 ? result : throw new Win32Exception(Errno.Last);
}
