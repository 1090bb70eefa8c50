using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Tests.Compare;

/// <summary>A server that never listens. Its command line names its folder.</summary>
internal sealed class StubbornPeer : Peer
{
    public override string Name => "stubborn";

    public override WireProtocol Protocol => WireProtocol.Line;

    public override string Settings => "";

    public override ReadOnlyMemory<byte> CountRequest => default;

    public override Task InstallAsync(CancellationToken cancellation) => Task.CompletedTask;

    public override Task<string> VersionAsync(CancellationToken cancellation) => Task.FromResult("1");

    public override PeerCommand Command(PeerLaunch launch) => new("tail", "-f", "/dev/null", "--", launch.DataFile);

    public override long? ReadCount(string reply) => null;
}
