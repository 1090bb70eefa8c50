using System.Globalization;
using KvTcp.Cli;
using KvTcp.LoadGen;

namespace KvTcp.Compare;

/// <summary>This tree's own server, as <c>./run.sh build</c> made it.</summary>
/// <param name="transport">Its transport; null for the one that it chooses.</param>
/// <param name="busyPoll">How long its loops poll before they sleep, in microseconds.</param>
internal class KvTcpPeer(string? transport = null, long busyPoll = 0) : Peer
{
    private const string PlainName = "kvtcp";

    private static readonly string Program = SourceTree.PathOf("artifacts/bin/KvTcp.Cli/release/kvtcp");

    public override string Name => (transport, busyPoll) switch
    {
        (null, _) => PlainName,
        (_, 0) => $"{PlainName} ({transport})",
        _ => $"{PlainName} ({transport}+{busyPoll})",
    };

    public override WireProtocol Protocol => WireProtocol.Line;

    public override string Settings => string.Join(' ', ["defaults, and no log below warnings", .. Options]);

    public override ReadOnlyMemory<byte> CountRequest { get; } = "COUNT\n"u8.ToArray();

    private string[] Options =>
    [
        .. transport is null ? (string[])[] : ["--transport", transport],
        .. busyPoll == 0 ? (string[])[] : ["--busy-poll", $"{busyPoll}"],
    ];

    /// <summary>Whether a server of this name is ours.</summary>
    public static bool IsOurs(string name) => name.Split(' ')[0] is PlainName;

    /// <summary>Makes a server of each of several transports.</summary>
    /// <param name="list">Their names, with commas; one with <c>+MICROSECONDS</c> polls that long before it sleeps.</param>
    /// <exception cref="FormatException">It is another notation.</exception>
    public static IEnumerable<KvTcpPeer> OfTransports(string list) => list.Split(',').Select(static item => item.Split('+') switch
    {
        [{ Length: > 0 } name] => new KvTcpPeer(name),
        [{ Length: > 0 } name, var time] when long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out long busyPoll) =>
            new KvTcpPeer(name, busyPoll),
        _ => throw new FormatException($"'{item}' is not a transport, or a transport+MICROSECONDS"),
    });

    public override Task InstallAsync(CancellationToken cancellation) => File.Exists(Program)
        ? Task.CompletedTask
        : throw new CommandException(ExitCode.Unavailable, $"{Program} is missing; `./run.sh build` makes it");

    public override async Task<string> VersionAsync(CancellationToken cancellation) =>
        (await Subprocess.FirstLineAsync(Program, ["--version"], cancellation)).Split(' ')[^1];

    public override PeerCommand Command(PeerLaunch launch) => new(
        Program, ["serve", "--data", launch.DataFile, "--listen", $"127.0.0.1:{launch.Port}", "--http", "off", "--log-level", "warning", .. Options]);

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
