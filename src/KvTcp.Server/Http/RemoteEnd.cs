using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace KvTcp.Server.Http;

/// <summary>The client's end of an HTTP connection, as it is logged.</summary>
internal static class RemoteEnd
{
    /// <summary>Finds it.</summary>
    /// <param name="features">Those of a request.</param>
    /// <returns>The address and the port; null over a Unix socket.</returns>
    public static EndPoint? Of(IFeatureCollection features) =>
        features.Get<IHttpConnectionFeature>() is { RemoteIpAddress: IPAddress address, RemotePort: int port } ? new IPEndPoint(address, port) : null;
}
