using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Benchmarks.Http;

/// <summary><see cref="BareEndpoint"/>, with a body as long as this server's are on average.</summary>
/// <param name="bodyLength">The length.</param>
internal sealed class BarePeer(int bodyLength) : Peer
{
    public override string Name => "bare Kestrel";

    public override WireProtocol Protocol => WireProtocol.Http;

    public override string Settings => "a constant, no middleware";

    public override ReadOnlyMemory<byte> CountRequest { get; } = "GET /v1/keys/x HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray();

    public override Task InstallAsync(CancellationToken cancellation) => Task.CompletedTask;

    public override Task<string> VersionAsync(CancellationToken cancellation) => Task.FromResult(Environment.Version.ToString());

    public override PeerCommand Command(PeerLaunch launch) => new(Environment.ProcessPath!, BareEndpoint.Word, $"{launch.Port}", $"{bodyLength}");

    /// <summary>It has no pairs; that it answers is enough.</summary>
    public override long? ReadCount(string reply) => reply.EndsWith('x') ? 0 : null;
}
