using System.Diagnostics;
using System.Net;
using System.Text;
using KvTcp.Compare;
using KvTcp.Protocol;
using KvTcp.Redis.Cluster;

namespace KvTcp.Benchmarks.FrontDoor;

/// <summary>A Redis Cluster of three masters on this machine, filled from a data file. Killed when disposed.</summary>
internal sealed class LocalCluster : IDisposable
{
    private const int Masters = 3;

    // The port of a node's cluster bus, 10,000 above its own, has to be one.
    private const int LastPort = 55_000;

    private readonly List<Process> _nodes = [];

    /// <summary>Where the masters listen, in the order of their slots.</summary>
    public List<IPEndPoint> EndPoints { get; } = [];

    /// <summary>What <c>kvtcp</c> calls it.</summary>
    public string Url => $"redis://{EndPoints[0]}";

    /// <summary>Starts the nodes, makes a Cluster of them, and fills it.</summary>
    /// <param name="folder">Where they may leave files.</param>
    /// <param name="data">The data file.</param>
    public static async Task<LocalCluster> StartAsync(WorkFolder folder, string data)
    {
        LocalCluster cluster = new();
        try
        {
            for (int i = 0; i < Masters; i++)
            {
                cluster.StartNode(Directory.CreateDirectory(Path.Combine(folder.Root, $"node{i}")).FullName);
            }

            // Asked again until the nodes listen, and until they agree.
            while (!await SucceedsAsync("redis-cli", ["--cluster", "create", .. cluster.EndPoints.Select(static e => $"{e}"), "--cluster-yes"]))
            {
                await Task.Delay(100);
            }

            string kvtcp = SourceTree.PathOf("artifacts/bin/KvTcp.Cli/release/kvtcp");
            return await SucceedsAsync(kvtcp, ["load", data, "--to", cluster.Url])
                ? cluster
                : throw new InvalidOperationException("The Cluster could not be filled.");
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>Divides a data file into those of the masters.</summary>
    /// <param name="folder">Where they go.</param>
    /// <param name="data">The data file.</param>
    /// <returns>Their paths, in the order of the masters.</returns>
    public static string[] Divide(WorkFolder folder, string data)
    {
        string[] paths = [.. Enumerable.Range(0, Masters).Select(i => Path.Combine(folder.Root, $"part{i}.data"))];
        StreamWriter[] parts = Array.ConvertAll(paths, static path => new StreamWriter(path));
        foreach (string line in File.ReadLines(data))
        {
            // As redis-cli divides the slots: 0 to 5460, 5461 to 10922, the rest.
            int slot = KeySlot.Of(Encoding.ASCII.GetBytes(line[..UuidText.Length]));
            parts[slot <= 5460 ? 0 : slot <= 10_922 ? 1 : 2].WriteLine(line);
        }

        Array.ForEach(parts, static part => part.Dispose());
        return paths;
    }

    public void Dispose()
    {
        foreach (Process node in _nodes)
        {
            node.Kill();
            node.WaitForExit();
            node.Dispose();
        }
    }

    private void StartNode(string directory)
    {
        int port;
        do
        {
            port = RunningPeer.FreePort();
        }
        while (port > LastPort);
        string[] arguments = ["--port", $"{port}", "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--save", "", "--appendonly", "no"];
        ProcessStartInfo start = new("redis-server", arguments)
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        _nodes.Add(Process.Start(start)!);
        _ = _nodes[^1].StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        EndPoints.Add(new IPEndPoint(IPAddress.Loopback, port));
    }

    private static async Task<bool> SucceedsAsync(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await Task.WhenAll(output, errors);
        return process.ExitCode == 0;
    }
}
