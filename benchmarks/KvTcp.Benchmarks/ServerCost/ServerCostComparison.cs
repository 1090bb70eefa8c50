using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using KvTcp.Benchmarks.Micro;
using KvTcp.Store;

namespace KvTcp.Benchmarks.ServerCost;

/// <summary>
/// <c>./run.sh bench server-cost</c>: processor time per request of this server and of Redis, side by side, with the same million
/// pairs and the same load, in rounds that alternate between the two so that the noise of the machine meets both. Medians.
/// </summary>
internal static class ServerCostComparison
{
    private const int Pairs = 1_000_000;
    private const int Rounds = 5;

    private static readonly (int Connections, int Depth)[] Loads = [(1, 1), (50, 1), (50, 16), (8, 128)];

    /// <summary>Runs the comparison and prints a table.</summary>
    /// <returns>The exit code: 69 when a server is missing.</returns>
    public static int Run()
    {
        // artifacts/bin/PROJECT/CONFIGURATION/
        string kvtcp = Path.Combine(AppContext.BaseDirectory, "..", "..", "KvTcp.Cli", "release", "kvtcp");
        string data = Path.GetTempFileName();
        try
        {
            using (FileStream file = File.Create(data))
            {
                DataFileGenerator.Write(file, Pairs);
            }

            using ServerProcess ours = ServerProcess.Start(
                "kvtcp", kvtcp, port => ["serve", "--data", data, "--listen", $"127.0.0.1:{port}"]);
            using ServerProcess redis = ServerProcess.Start(
                "redis", "redis-server", static port => ["--port", $"{port}", "--save", "", "--appendonly", "no"]);
            FillRedis(redis);
            Compare(ours, redis);
            return 0;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            Console.Error.WriteLine($"server-cost: {exception.Message}; kvtcp needs `./run.sh build`, redis-server `apt-get install redis-server`");
            return 69;
        }
        finally
        {
            File.Delete(data);
        }
    }

    private static void Compare(ServerProcess ours, ServerProcess redis)
    {
        string[] keys = [.. GeneratedData.Hits(1 << 18, Pairs).Select(static key => key.ToString("D"))];
        Console.WriteLine("| connections | depth | server | server CPU us/request (least - most) | requests/s | p50 us | p99 us |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach ((int connections, int depth) in Loads)
        {
            (ServerProcess Server, PipelinedLoad Load, List<LoadResult> Results)[] sides =
            [
                (ours, new PipelinedLoad(WireFormat.Line, keys, depth), []),
                (redis, new PipelinedLoad(WireFormat.Resp, keys, depth), []),
            ];
            for (int round = 0; round < Rounds; round++)
            {
                foreach ((ServerProcess server, PipelinedLoad load, List<LoadResult> results) in sides)
                {
                    results.Add(load.Run(server, connections, TimeSpan.FromSeconds(3)));
                }
            }

            foreach ((ServerProcess server, _, List<LoadResult> results) in sides)
            {
                double[] cpu = [.. results.Select(static result => result.CpuMicroseconds).Order()];
                Console.WriteLine(
                    $"| {connections} | {depth} | {server.Name} | {cpu[Rounds / 2]:0.00} ({cpu[0]:0.00} - {cpu[^1]:0.00}) "
                    + $"| {Median(results, static result => result.RequestsPerSecond):N0} "
                    + $"| {Median(results, static result => result.MedianMicroseconds):N0} "
                    + $"| {Median(results, static result => result.P99Microseconds):N0} |");
            }
        }
    }

    private static double Median(List<LoadResult> results, Func<LoadResult, double> figure) => results.Select(figure).Order().ElementAt(Rounds / 2);

    private static void FillRedis(ServerProcess redis)
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(redis.EndPoint);
        using NetworkStream stream = new(socket);
        byte[] replies = new byte[1024 * 1024];
        foreach (int[] indexes in Enumerable.Range(0, Pairs).Chunk(1000))
        {
            StringBuilder sets = new();
            foreach (int index in indexes)
            {
                string value = Encoding.ASCII.GetString(GeneratedData.ValueAt(index));
                sets.Append("*3\r\n$3\r\nSET\r\n$36\r\n").Append(GeneratedData.KeyAt(index)).Append("\r\n$").Append(value.Length).Append("\r\n")
                    .Append(value).Append("\r\n");
            }

            stream.Write(Encoding.ASCII.GetBytes(sets.ToString()));
            stream.ReadExactly(replies.AsSpan(0, "+OK\r\n".Length * indexes.Length));
            Debug.Assert(replies[0] == '+');
        }
    }
}
