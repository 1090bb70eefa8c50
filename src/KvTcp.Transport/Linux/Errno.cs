using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace KvTcp.Transport.Linux;

/// <summary>The error numbers that mean something to a transport, as on every architecture of Linux that .NET runs on; errno(3).</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int Interrupted = 4;
    public const int WouldBlock = 11;
    public const int OutOfMemory = 12;
    public const int Busy = 16;
    public const int Invalid = 22;
    public const int TooManyFilesInSystem = 23;
    public const int TooManyFiles = 24;
    public const int BrokenPipe = 32;
    public const int NoSuchCall = 38;
    public const int TimeIsOver = 62;
    public const int ProtocolError = 71;
    public const int NotSocket = 88;
    public const int NotSupported = 95;
    public const int NetworkDown = 100;
    public const int NetworkUnreachable = 101;
    public const int ConnectionAborted = 103;
    public const int ConnectionReset = 104;
    public const int NoBuffers = 105;
    public const int TimedOut = 110;
    public const int HostDown = 112;
    public const int HostUnreachable = 113;
    public const int Canceled = 125;

    /// <summary>The error of the last call on this thread.</summary>
    public static int Last
    {
        get => Marshal.GetLastPInvokeError();
        set => Marshal.SetLastPInvokeError(value);
    }

    /// <summary>Whether it says that the network or the peer has ended a connection.</summary>
    public static bool IsLoss(int errno) => errno is ConnectionReset or BrokenPipe or ConnectionAborted or TimedOut
        or NetworkDown or NetworkUnreachable or HostDown or HostUnreachable;

    /// <summary>Whether it says that a connection, not the listening socket, failed to be accepted; accept(2).</summary>
    public static bool IsLossOfOne(int errno) => errno is Interrupted or ProtocolError || IsLoss(errno);

    /// <summary>Whether it says that the process or the system has run out of files or memory, which may change.</summary>
    public static bool IsShortage(int errno) => errno is TooManyFiles or TooManyFilesInSystem or NoBuffers or OutOfMemory;

    /// <summary>Whether it says that a call on a ring is to be tried again; io_uring_enter(2).</summary>
    public static bool IsTransient(int errno) => errno is Interrupted or WouldBlock or Busy or TimeIsOver;

    /// <summary>What .NET calls it, as far as it ends connections.</summary>
    public static SocketError SocketErrorOf(int errno) => errno switch
    {
        ConnectionReset => SocketError.ConnectionReset,
        BrokenPipe => SocketError.Shutdown,
        ConnectionAborted => SocketError.ConnectionAborted,
        TimedOut => SocketError.TimedOut,
        NetworkDown => SocketError.NetworkDown,
        NetworkUnreachable => SocketError.NetworkUnreachable,
        HostDown => SocketError.HostDown,
        HostUnreachable => SocketError.HostUnreachable,
        _ => SocketError.SocketError,
    };

    /// <summary>What the system calls it.</summary>
    public static string Text(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
