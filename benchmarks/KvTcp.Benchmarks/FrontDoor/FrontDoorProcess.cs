using System.Diagnostics;
using System.Net;
using KvTcp.Compare;

namespace KvTcp.Benchmarks.FrontDoor;

/// <summary><c>kvtcp serve</c> in front of a Cluster. Killed when disposed.</summary>
internal sealed class FrontDoorProcess : IDisposable
{
    private readonly Process _process;

    private FrontDoorProcess(Process process, IPEndPoint endPoint)
    {
        _process = process;
        EndPoint = endPoint;
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>The processor time that it has used.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts it, and waits until its engine is ready.</summary>
    /// <param name="url">The Cluster.</param>
    /// <param name="arguments">More arguments.</param>
    public static async Task<FrontDoorProcess> StartAsync(string url, params string[] arguments)
    {
        IPEndPoint endPoint = new(IPAddress.Loopback, RunningPeer.FreePort());
        ProcessStartInfo start = new(
            SourceTree.PathOf("artifacts/bin/KvTcp.Cli/release/kvtcp"),
            ["serve", "--data", url, "--listen", $"{endPoint}", "--http", "off", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        Process process = Process.Start(start)!;
        bool isReady = false;
        bool listens = false;
        while (!(isReady && listens) && await process.StandardError.ReadLineAsync() is string line)
        {
            isReady |= line.Contains("is ready", StringComparison.Ordinal);
            listens |= line.Contains("Listening on", StringComparison.Ordinal);
        }

        _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null);
        return new FrontDoorProcess(process, endPoint);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
