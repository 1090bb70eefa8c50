namespace KvTcp.Compare;

/// <summary>Debian's Redis.</summary>
internal sealed class RedisPeer : RespPeer
{
    private const string Program = "redis-server";

    /// <summary>From this many cores on redis.conf recommends threads for input and output, and to leave a core to the main one.</summary>
    private const int LeastCoresForThreads = 4;

    public override string Name => "redis";

    public override string Settings => "no snapshots, no append-only file; one thread, and from 4 cores on more for input and output, as redis.conf advises";

    public override Task InstallAsync(CancellationToken cancellation) => DebianPackages.InstallAsync(Program, [Program], cancellation);

    public override async Task<string> VersionAsync(CancellationToken cancellation)
    {
        string line = await Subprocess.FirstLineAsync(Program, ["--version"], cancellation);
        return line.Split(' ').FirstOrDefault(static word => word.StartsWith("v=", StringComparison.Ordinal))?[2..] ?? line;
    }

    public override PeerCommand Command(PeerLaunch launch) => new(
        Program,
        "--bind", "127.0.0.1", "--port", $"{launch.Port}", "--save", "", "--appendonly", "no",
        "--io-threads", $"{(launch.Cores.Count < LeastCoresForThreads ? 1 : launch.Cores.Count - 1)}");
}
