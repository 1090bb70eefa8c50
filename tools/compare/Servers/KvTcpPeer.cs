using KvTcp.Cli;
using KvTcp.LoadGen;

namespace KvTcp.Compare;

/// <summary>This tree's own server, as <c>./run.sh build</c> made it.</summary>
internal sealed class KvTcpPeer : Peer
{
    private static readonly string Program = SourceTree.PathOf("artifacts/bin/KvTcp.Cli/release/kvtcp");

    public override string Name => "kvtcp";

    public override WireProtocol Protocol => WireProtocol.Line;

    public override string Settings => "defaults, and no log below warnings; as many threads as .NET's pool finds right for the cores";

    public override ReadOnlyMemory<byte> CountRequest { get; } = "COUNT\n"u8.ToArray();

    public override Task InstallAsync(CancellationToken cancellation) => File.Exists(Program)
        ? Task.CompletedTask
        : throw new CommandException(ExitCode.Unavailable, $"{Program} is missing; `./run.sh build` makes it");

    public override async Task<string> VersionAsync(CancellationToken cancellation) =>
        (await Subprocess.FirstLineAsync(Program, ["--version"], cancellation)).Split(' ')[^1];

    public override PeerCommand Command(PeerLaunch launch) => new(
        Program, "serve", "--data", launch.DataFile, "--listen", $"127.0.0.1:{launch.Port}", "--log-level", "warning");

    public override long? ReadCount(string reply)
    {
        const string Ok = "OK ";
        if (!reply.EndsWith('\n'))
        {
            return null;
        }

        return reply.StartsWith(Ok, StringComparison.Ordinal) ? long.Parse(reply.AsSpan(Ok.Length).TrimEnd()) : throw new FormatException(reply.TrimEnd());
    }
}
