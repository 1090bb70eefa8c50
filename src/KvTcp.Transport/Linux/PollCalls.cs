using System.Runtime.InteropServices;

namespace KvTcp.Transport.Linux;

/// <summary>The system calls of epoll(7) and eventfd(2). Those that fail return -1.</summary>
internal static unsafe partial class PollCalls
{
    public const uint Readable = 0x001;
    public const uint Writable = 0x004;
    public const uint Error = 0x008;
    public const uint HungUp = 0x010;
    public const uint PeerEnded = 0x2000;
    public const uint Exclusive = 1u << 28;
    public const uint Edge = 1u << 31;

    public const int Add = 1;
    public const int Delete = 2;

    /// <summary>The size of struct epoll_event, which is packed on x64 alone.</summary>
    public static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private const int CloseOnExecute = 0x80000;
    private const int NonBlocking = 0x800;

    private static readonly int s_dataOffset = EventSize - sizeof(ulong);

    /// <summary>Makes an epoll instance.</summary>
    public static int Create() => EpollCreate(CloseOnExecute);

    /// <summary>Makes a counter whose writes wake whoever polls it.</summary>
    public static int CreateWakeUp() => EventFile(0, CloseOnExecute | NonBlocking);

    /// <summary>Adds a file to an epoll instance, or takes it out.</summary>
    public static int Control(int poll, int operation, int file, uint events, ulong data)
    {
        byte* description = stackalloc byte[16];
        *(uint*)description = events;
        *(ulong*)(description + s_dataOffset) = data;
        return EpollControl(poll, operation, file, description);
    }

    /// <summary>Reads one of the events that <see cref="Wait"/> has stored.</summary>
    public static (uint Events, ulong Data) EventAt(byte* events, int index)
    {
        byte* at = events + index * EventSize;
        return (*(uint*)at, *(ulong*)(at + s_dataOffset));
    }

    /// <summary>Wakes whoever polls a counter.</summary>
    public static nint WakeUp(int counter)
    {
        ulong one = 1;
        return Write(counter, &one, sizeof(ulong));
    }

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int Wait(int poll, byte* events, int capacity, int milliseconds);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(int poll, int operation, int file, byte* description);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFile(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int file, void* buffer, nuint length);
}
