using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Benchmarks.Http;

/// <summary>This server with its HTTP API. It is asked for its pairs over the line protocol, whose port opens when they are loaded.</summary>
/// <param name="httpPort">Where it offers HTTP.</param>
internal sealed class KvTcpHttpPeer(int httpPort) : KvTcpPeer
{
    public override WireProtocol Protocol => WireProtocol.Http;

    public override PeerCommand Command(PeerLaunch launch)
    {
        PeerCommand lines = base.Command(launch);
        return lines with { Arguments = [.. lines.Arguments.Select(argument => argument is "off" ? $"127.0.0.1:{httpPort}" : argument)] };
    }
}
