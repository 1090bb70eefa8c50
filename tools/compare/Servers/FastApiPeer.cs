using KvTcp.LoadGen;

namespace KvTcp.Compare;

/// <summary>fastapi_dictionary.py under uvicorn, both Debian's: the baseline of the services that KvTcp replaces.</summary>
internal sealed class FastApiPeer : Peer
{
    // Debian's own: another Python on the PATH would not find Debian's packages.
    private const string Python = "/usr/bin/python3";

    private static readonly string[] Packages = ["python3-fastapi", "python3-uvicorn", "python3-uvloop", "python3-httptools"];

    public override string Name => "fastapi";

    public override WireProtocol Protocol => WireProtocol.Http;

    /// <summary>HTTP/1.1 allows it, but hardly any client does it.</summary>
    public override bool IsPipelined => false;

    public override int Workers(IReadOnlyList<int> cores) => cores.Count;

    public override string Settings => "uvicorn with uvloop and httptools, a worker a core, no access log; coroutine handlers over a dict";

    public override ReadOnlyMemory<byte> CountRequest { get; } = "GET /count HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray();

    public override Task InstallAsync(CancellationToken cancellation) =>
        DebianPackages.InstallAsync(Python, ["-c", "import fastapi, uvicorn, uvloop, httptools"], Packages, cancellation);

    public override async Task<string> VersionAsync(CancellationToken cancellation) => await Subprocess.FirstLineAsync(
        Python,
        ["-c", "import fastapi, uvicorn, platform; print(f'{fastapi.__version__}, uvicorn {uvicorn.__version__}, Python {platform.python_version()}')"],
        cancellation);

    public override PeerCommand Command(PeerLaunch launch) => new(
        Python,
        "-m", "uvicorn", "fastapi_dictionary:app", "--app-dir", Path.Combine(AppContext.BaseDirectory, "Servers"),
        "--host", "127.0.0.1", "--port", $"{launch.Port}", "--workers", $"{Workers(launch.Cores)}",
        "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
    {
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["DATA_FILE"] = launch.DataFile,
            ["PYTHONDONTWRITEBYTECODE"] = "1",
        },
    };

    public override long? ReadCount(string reply)
    {
        const string Length = "content-length: ";
        int head = reply.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (head < 0)
        {
            return null;
        }

        int length = reply.IndexOf(Length, StringComparison.OrdinalIgnoreCase);
        if (!reply.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal) || length < 0 || length > head)
        {
            throw new FormatException(reply.Split('\r')[0]);
        }

        length += Length.Length;
        string body = reply[(head + 4)..];
        return body.Length < int.Parse(reply.AsSpan(length, reply.IndexOf('\r', length) - length)) ? null : long.Parse(body);
    }
}
