using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace KvTcp.Server;

/// <summary>
/// The listening sockets that whoever started the process has opened for it, such as systemd for a socket unit: sd_listen_fds(3). An address that
/// one of them is bound to is not bound again. Thread-safe.
/// </summary>
public static partial class InheritedSockets
{
    private const int FirstFile = 3;

    private static readonly Lazy<IReadOnlyList<(int File, EndPoint EndPoint)>> Sockets = new(
        static () => Find(Environment.GetEnvironmentVariable, Environment.ProcessId));

    /// <summary>What they are bound to; empty where there are none.</summary>
    public static IReadOnlyList<EndPoint> EndPoints => [.. Sockets.Value.Select(static socket => socket.EndPoint)];

    /// <summary>The socket that is bound to an address.</summary>
    /// <param name="endPoint">The address.</param>
    /// <returns>The caller's own descriptor of it, already listening; null if there is none.</returns>
    internal static Socket? Open(EndPoint endPoint)
    {
        foreach ((int file, EndPoint bound) in Sockets.Value)
        {
            if (bound.Equals(endPoint))
            {
                // Without close-on-exec, which tells .NET not to shut the socket down when it closes it: others listen there after us.
                return OpenCopy(file);
            }
        }

        return null;
    }

    /// <summary>The sockets that an environment tells of.</summary>
    /// <param name="environment">Finds a variable.</param>
    /// <param name="process">This process: sockets may be meant for another one, whose environment this one has.</param>
    /// <exception cref="ListenException">The number is none, or a descriptor is no socket that listens.</exception>
    internal static IReadOnlyList<(int File, EndPoint EndPoint)> Find(Func<string, string?> environment, int process)
    {
        if (!int.TryParse(environment("LISTEN_PID"), NumberStyles.None, CultureInfo.InvariantCulture, out int owner)
            || owner != process
            || environment("LISTEN_FDS") is not string number)
        {
            return [];
        }

        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count > int.MaxValue - FirstFile)
        {
            throw new ListenException($"LISTEN_FDS is '{number}', which is no number of sockets; see sd_listen_fds(3)");
        }

        List<(int, EndPoint)> sockets = [];
        for (int file = FirstFile; file < FirstFile + count; file++)
        {
            using Socket socket = OpenCopy(file);
            if (socket.LocalEndPoint is EndPoint endPoint)
            {
                sockets.Add((file, endPoint));
            }
        }

        return sockets;
    }

    private static Socket OpenCopy(int file)
    {
        int copy = SystemDuplicate(file);
        if (copy < 0)
        {
            throw OfNoUse(file, new SocketException(Marshal.GetLastPInvokeError()));
        }

        SafeSocketHandle handle = new(copy, ownsHandle: true);
        try
        {
            Socket socket = new(handle);
            return IsListening(socket) ? socket : throw new InvalidOperationException("it is no socket that listens");
        }
#pragma warning disable CA1031 // What .NET says of a file that is no socket depends on what else it is.
        catch (Exception e)
#pragma warning restore CA1031
        {
            handle.Dispose();
            throw OfNoUse(file, e);
        }
    }

    private static bool IsListening(Socket socket) =>
        socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is not 0;

    private static ListenException OfNoUse(int file, Exception reason) =>
        new($"descriptor {file}, which LISTEN_FDS tells of, is of no use: {reason.Message}", reason);

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int SystemDuplicate(int file);
}
