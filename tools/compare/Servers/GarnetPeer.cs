using System.Numerics;
using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>Garnet, the .NET tool of that name.</summary>
internal sealed class GarnetPeer : RespPeer
{
    private const string Version = "2.2.5";

    // Garnet's own advice for its index; the log is generous, because a full one would evict.
    private const long IndexBytesPerPair = 16;
    private const long LogBytesPerPair = 200;
    private const long LeastLogBytes = 1L << 30;

    private static readonly string Folder = SourceTree.PathOf($"artifacts/compare/garnet-{Version}");

    private static readonly string Program = Path.Combine(Folder, "garnet-server");

    public override string Name => "garnet";

    public override string Settings => "no append-only file, no objects; index of 16 bytes a pair, as its guide advises; memory for all pairs; threads as .NET's pool decides";

    public override async Task InstallAsync(CancellationToken cancellation)
    {
        if (File.Exists(Program))
        {
            return;
        }

        string[] arguments = ["tool", "install", "garnet-server", "--version", Version, "--tool-path", Folder];
        ProgramEnd end = await Subprocess.RunAsync("dotnet", arguments, cancellation);
        if (end.ExitCode != 0)
        {
            throw new CommandException(ExitCode.Unavailable, $"`dotnet {string.Join(' ', arguments)}` failed: {end.LastLine}");
        }
    }

    public override Task<string> VersionAsync(CancellationToken cancellation) => Task.FromResult(Version);

    public override PeerCommand Command(PeerLaunch launch) => new(
        Program,
        "--bind", "127.0.0.1", "--port", $"{launch.Port}", "--no-obj",
        "--index", PowerOfTwo(launch.Pairs * IndexBytesPerPair, 1 << 20),
        "--memory", PowerOfTwo(launch.Pairs * LogBytesPerPair, LeastLogBytes));

    /// <summary>A size that Garnet takes as it is; others it rounds down.</summary>
    private static string PowerOfTwo(long bytes, long least) =>
        $"{BitOperations.RoundUpToPowerOf2((ulong)long.Max(bytes, least)) >> 20}m";
}
