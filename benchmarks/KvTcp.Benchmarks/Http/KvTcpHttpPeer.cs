using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Benchmarks.Http;

/// <summary>This server with its HTTP API. It is asked for its pairs over the line protocol, whose port opens when they are loaded.</summary>
/// <param name="httpPort">Where it offers HTTP.</param>
internal sealed class KvTcpHttpPeer(int httpPort) : Peer
{
    private readonly KvTcpPeer _lines = new();

    public override string Name => _lines.Name;

    public override WireProtocol Protocol => WireProtocol.Http;

    public override string Settings => _lines.Settings;

    public override ReadOnlyMemory<byte> CountRequest => _lines.CountRequest;

    public override Task InstallAsync(CancellationToken cancellation) => _lines.InstallAsync(cancellation);

    public override Task<string> VersionAsync(CancellationToken cancellation) => _lines.VersionAsync(cancellation);

    public override PeerCommand Command(PeerLaunch launch)
    {
        PeerCommand lines = _lines.Command(launch);
        return lines with { Arguments = [.. lines.Arguments.Select(argument => argument is "off" ? $"127.0.0.1:{httpPort}" : argument)] };
    }

    public override long? ReadCount(string reply) => _lines.ReadCount(reply);
}
