using System.Buffers;
using System.Text;
using KvTcp.LoadGen;

namespace KvTcp.Compare;

/// <summary>Debian's memcached.</summary>
internal sealed class MemcachedPeer : StoringPeer
{
    private const string Program = "memcached";
    private const string CountName = "STAT curr_items ";

    // With a full memory it would evict.
    private const long BytesPerPair = 200;
    private const long LeastMegabytes = 1024;

    public override string Name => "memcached";

    public override WireProtocol Protocol => WireProtocol.Memcached;

    public override string Settings => "memory for all pairs; a thread a core";

    public override ReadOnlyMemory<byte> CountRequest { get; } = "stats\r\n"u8.ToArray();

    public override ReadOnlyMemory<byte> Stored { get; } = "STORED\r\n"u8.ToArray();

    public override Task InstallAsync(CancellationToken cancellation) => DebianPackages.InstallAsync(Program, [Program], cancellation);

    public override async Task<string> VersionAsync(CancellationToken cancellation) =>
        (await Subprocess.FirstLineAsync(Program, ["-V"], cancellation)).Split(' ')[^1];

    public override PeerCommand Command(PeerLaunch launch) => new(
        Program,
        "-l", "127.0.0.1", "-p", $"{launch.Port}", "-u", Environment.UserName, "-t", $"{launch.Cores.Count}", "-c", "10000",
        "-m", $"{long.Max(launch.Pairs * BytesPerPair >> 20, LeastMegabytes)}");

    public override long? ReadCount(string reply)
    {
        if (!reply.EndsWith("END\r\n", StringComparison.Ordinal))
        {
            return null;
        }

        int start = reply.IndexOf(CountName, StringComparison.Ordinal);
        return start < 0
            ? throw new FormatException(reply.TrimEnd())
            : long.Parse(reply.AsSpan(start + CountName.Length, reply.IndexOf('\r', start) - start - CountName.Length));
    }

    public override void WriteStore(IBufferWriter<byte> output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        output.Write("set "u8);
        output.Write(key);
        output.Write(Encoding.ASCII.GetBytes($" 0 0 {value.Length}\r\n"));
        output.Write(value);
        output.Write("\r\n"u8);
    }
}
