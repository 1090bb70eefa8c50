using System.Net;
using Microsoft.AspNetCore.Http;

namespace KvTcp.Server.Http;

/// <summary>The client's end of an HTTP connection, as it is logged.</summary>
internal static class RemoteEnd
{
    /// <summary>Finds it.</summary>
    /// <param name="connection">The connection.</param>
    /// <returns>The address and the port; null over a Unix socket.</returns>
    public static EndPoint? Of(ConnectionInfo connection) =>
        connection.RemoteIpAddress is IPAddress address ? new IPEndPoint(address, connection.RemotePort) : null;
}
