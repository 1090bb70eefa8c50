using System.Runtime.InteropServices;

namespace KvTcp.LoadGen;

/// <summary>
/// The system calls of Linux that drive connections, with the values its architectures share. All but <see cref="Wait"/> return at
/// once. None suppresses the transition of the collector: a send over the loopback device runs the receiver's side too, for microseconds.
/// </summary>
internal static unsafe partial class LinuxCalls
{
    public const int StreamNonBlockingCloseOnExec = 1 | 0x800 | 0x80000;
    public const int DontWaitNoSignal = 0x40 | 0x4000;

    public const int SocketLevel = 1;
    public const int SocketErrorOption = 4;
    public const int TcpLevel = 6;
    public const int TcpNoDelay = 1;

    public const int CloseOnExec = 0x80000;
    public const int Add = 1;
    public const int Modify = 3;

    public const uint Readable = 0x1;
    public const uint Writable = 0x4;

    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int ProtocolError = 71;
    public const int TimedOut = 110;
    public const int InProgress = 115;

    public const int SetTimerSlack = 29;
    public const int ThreadCpuClock = 3;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int socket, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int fileDescriptor);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int socket, int level, int option, int* value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int socket, int level, int option, int* value, int* length);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int socket, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int socket, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int CreatePoll(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int ControlPoll(int poll, int operation, int fileDescriptor, byte* pollEvent);

    [LibraryImport("libc", EntryPoint = "epoll_pwait2", SetLastError = true)]
    public static partial int Wait(int poll, byte* events, int capacity, TimeSpec* timeout, void* signalMask);

    [LibraryImport("libc", EntryPoint = "prctl")]
    public static partial int ControlProcess(int option, nuint value);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    public static partial int GetTime(int clock, TimeSpec* time);

    /// <summary>The processor time that the calling thread has used, in nanoseconds.</summary>
    public static long ThreadCpuNanoseconds()
    {
        TimeSpec time;
        _ = GetTime(ThreadCpuClock, &time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    /// <summary><c>struct timespec</c> of the 64-bit architectures.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
