using System.Runtime.InteropServices;

namespace KvTcp.Transport.Linux;

/// <summary>The system calls on sockets that .NET's own sockets do not offer without their event loop. Those that fail return -1.</summary>
internal static unsafe partial class SocketCalls
{
    public const int DoNotWait = 0x40;
    public const int DoNotSignal = 0x4000;
    public const int WaitForAll = 0x100;
    public const int ShutdownReceive = 0;
    public const int ShutdownSend = 1;
    public const int SocketLevel = 1;
    public const int OptionReusePort = 15;
    public const int TcpLevel = 6;
    public const int OptionNotSentLowWater = 25;

    /// <summary>How connections are accepted: as sockets that do not block, and are not inherited.</summary>
    public const int AcceptFlags = 0x800 | 0x80000;

    private const int OptionLinger = 13;
    private const uint OutputQueueSize = 0x5411;

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    public static partial nint SendMessage(int socket, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int socket, int how);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int file);

    /// <summary>Accepts a connection, as a socket that does not block.</summary>
    public static int Accept(int listener, byte* address, int* length) => Accept4(listener, address, length, AcceptFlags);

    /// <summary>How many bytes the peer has not acknowledged, the end of the stream counted as one; tcp(7), SIOCOUTQ.</summary>
    public static int Unacknowledged(int socket)
    {
        int count = 0;
        return InputOutputControl(socket, OutputQueueSize, &count) == 0 ? count : 0;
    }

    /// <summary>Makes the next close reset the connection.</summary>
    public static void ResetOnClose(int socket)
    {
        long linger = BitConverter.IsLittleEndian ? 1 : 1L << 32;
        _ = SetOption(socket, SocketLevel, OptionLinger, &linger, sizeof(long));
    }

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    public static partial int LocalName(int socket, byte* address, int* length);

    [LibraryImport("libc", EntryPoint = "getpeername", SetLastError = true)]
    public static partial int RemoteName(int socket, byte* address, int* length);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial int Accept4(int listener, byte* address, int* length, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int InputOutputControl(int file, nuint request, int* value);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int socket, int level, int name, void* value, int length);

    /// <summary>struct iovec.</summary>
    public struct Piece
    {
        public byte* Address;
        public nuint Length;
    }

    /// <summary>struct msghdr, of which only the pieces are used here.</summary>
    public struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public Piece* Pieces;
        public nuint PieceCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
