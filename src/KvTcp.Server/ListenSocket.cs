using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace KvTcp.Server;

/// <summary>Binds the sockets that the server listens with, and says in one line why one cannot be bound.</summary>
internal static class ListenSocket
{
    // The errno of opening a socket, which .NET hands on as HResult: ENXIO on Linux, EOPNOTSUPP on macOS.
    private const int NoSuchDevice = 6;
    private const int NotSupportedOnSocket = 102;

    /// <summary>
    /// How long an address may stay in use: after a server was killed, the kernel closes what it listened with in the background, some
    /// tenths of a second later where io_uring held it (docs/decisions/transport.md), and a supervisor starts the next one at once.
    /// </summary>
    private const int InUseMilliseconds = 1_000;

    private const int RetryMilliseconds = 50;

    /// <summary>
    /// How much the kernel holds for a client beyond what is on its way; sockets that are accepted inherit it. Else it holds up to 4 MiB for
    /// each client that does not read, and a thousand of these bring all connections of the machine to the limit of its memory for TCP. What is on its way
    /// is not limited, so clients that read notice nothing.
    /// </summary>
    private const int MaxUnsentInKernel = 128 * 1024;
    private const int TcpLevel = 6;
    private const int TcpNotSentLowWater = 25;

    /// <summary>Binds a socket as Kestrel would, unless the process was given one, after removing what a killed server has left of a Unix socket.</summary>
    /// <param name="endPoint">Where.</param>
    /// <returns>The bound socket.</returns>
    /// <exception cref="ListenException">It cannot be bound.</exception>
    public static Socket Bind(EndPoint endPoint) => Bind(endPoint, "--listen");

    /// <summary>The same for the HTTP address.</summary>
    public static Socket BindHttp(EndPoint endPoint) => Bind(endPoint, "--http");

    private static Socket Bind(EndPoint endPoint, string option)
    {
        using ManualResetEventSlim never = new();
        for (long start = Environment.TickCount64; ;)
        {
            try
            {
                return BindOnce(endPoint);
            }
            catch (SocketException exception) when (IsInUse(exception) && Environment.TickCount64 - start < InUseMilliseconds)
            {
                never.Wait(RetryMilliseconds);
            }
            catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
            {
                throw new ListenException($"cannot listen on {Describe(endPoint)}: {Reason(exception, option)}", exception);
            }
        }
    }

    /// <summary>The address as it is written on the command line.</summary>
    public static string Describe(EndPoint endPoint) => endPoint is UnixDomainSocketEndPoint ? $"unix:{endPoint}" : endPoint.ToString()!;

    private static bool IsInUse(SocketException exception) => exception.SocketErrorCode == SocketError.AddressAlreadyInUse;

    private static Socket BindOnce(EndPoint endPoint)
    {
        if (InheritedSockets.Open(endPoint) is Socket inherited)
        {
            return inherited;
        }

        if (endPoint is UnixDomainSocketEndPoint unix)
        {
            RemoveStale(unix);
        }

        Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        if (OperatingSystem.IsLinux() && endPoint is IPEndPoint)
        {
            socket.SetRawSocketOption(TcpLevel, TcpNotSentLowWater, BitConverter.GetBytes(MaxUnsentInKernel));
        }

        return socket;
    }

    // The path of a Unix socket outlives its server when that is killed. It is stale when nobody accepts there.
    private static void RemoveStale(UnixDomainSocketEndPoint endPoint)
    {
        string path = endPoint.ToString();
        if (!File.Exists(path))
        {
            return;
        }

        using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // Connecting to a file that is no socket is refused just the same.
            if (!IsSocket(path))
            {
                throw new IOException("the file there is no socket; remove it or choose another path", exception);
            }

            File.Delete(path);
        }
    }

    // A socket cannot be opened. Any other failure to open (a lock, say) does not make a file a socket.
    private static bool IsSocket(string path)
    {
        try
        {
            // For writing too, since a named pipe that is opened for reading waits until somebody writes.
            File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
            return false;
        }
        catch (IOException exception)
        {
            return exception.HResult is NoSuchDevice or NotSupportedOnSocket;
        }
    }

    private static string Reason(Exception exception, string option) => exception is SocketException socket
        ? socket.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => $"the address is in use; stop the program that listens there or choose another with {option}",
            SocketError.AccessDenied => "permission denied; ports below 1024 and foreign directories need more rights",
            SocketError.AddressNotAvailable => "this machine does not have that address",
            SocketError.AddressFamilyNotSupported => "this machine does not speak IPv6, or that protocol",

            // .NET has no name for the error of a read-only file system.
            SocketError.SocketError => "the system refuses it; a Unix socket needs a file system that is not read-only",
            _ => socket.Message,
        }
        : exception.Message;
}
