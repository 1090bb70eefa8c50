using System.Net;
using System.Runtime.InteropServices;

namespace KvTcp.LoadGen;

/// <summary>The address to connect to, as the system wants it. Immutable.</summary>
internal sealed unsafe class SocketTarget
{
    private readonly byte[] _address;

    /// <summary>Makes the address.</summary>
    /// <param name="server">An IP or a Unix socket address.</param>
    public SocketTarget(EndPoint server)
    {
        SocketAddress address = server.Serialize();
        _address = address.Buffer.Span[..address.Size].ToArray();
        IsTcp = server is IPEndPoint;
    }

    private bool IsTcp { get; }

    /// <summary>Makes a socket and begins to connect it.</summary>
    /// <param name="socket">The socket, non-blocking; -1 when there is none.</param>
    /// <returns>0 or the number of the error; the connection is made when the socket becomes writable without one.</returns>
    public int BeginConnect(out int socket)
    {
        fixed (byte* address = _address)
        {
            socket = LinuxCalls.Socket(*(ushort*)address, LinuxCalls.StreamNonBlockingCloseOnExec, 0);
            if (socket < 0)
            {
                return Marshal.GetLastPInvokeError();
            }

            int on = 1;
            if (IsTcp)
            {
                _ = LinuxCalls.SetOption(socket, LinuxCalls.TcpLevel, LinuxCalls.TcpNoDelay, &on, sizeof(int));
            }

            return LinuxCalls.Connect(socket, address, _address.Length) == 0 || Marshal.GetLastPInvokeError() == LinuxCalls.InProgress
                ? 0
                : Marshal.GetLastPInvokeError();
        }
    }
}
