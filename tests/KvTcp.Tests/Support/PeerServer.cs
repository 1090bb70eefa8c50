using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KvTcp.Tests.Support;

/// <summary>A Redis or memcached of a test's own, on a free port, with the pairs of a dataset. Killed when disposed.</summary>
internal sealed class PeerServer : IDisposable
{
    private readonly ProcessRun _process;

    private PeerServer(ProcessRun process, IPEndPoint endPoint)
    {
        _process = process;
        EndPoint = endPoint;
    }

    public IPEndPoint EndPoint { get; }

    public static Task<PeerServer> StartRedisAsync(TestDataset data) => StartAsync(
        "redis-server",
        static port => ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        data,
        static (key, length) => $"*3\r\n$3\r\nSET\r\n$36\r\n{key}\r\n${length}\r\n",
        "+OK");

    public static Task<PeerServer> StartMemcachedAsync(TestDataset data) => StartAsync(
        "memcached",
        static port => ["-p", $"{port}", "-l", "127.0.0.1", "-U", "0", "-u", Environment.UserName],
        data,
        static (key, length) => $"set {key} 0 0 {length}\r\n",
        "STORED");

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();

    private static async Task<PeerServer> StartAsync(
        string program, Func<int, string[]> arguments, TestDataset data, Func<Guid, int, string> set, string stored)
    {
        IPEndPoint endPoint;
        using (Socket free = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            endPoint = (IPEndPoint)free.LocalEndPoint!;
        }

        PeerServer server = new(ProcessRun.Start(program, arguments(endPoint.Port)), endPoint);
        try
        {
            await Patience.UntilAsync(server.AcceptsAsync, $"{program} listens");
            await server.FillAsync(data, set, stored);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    private async Task<bool> AcceptsAsync()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(EndPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task FillAsync(TestDataset data, Func<Guid, int, string> set, string stored)
    {
        using LineClient client = await LineClient.ConnectAsync(EndPoint);
        foreach ((Guid key, byte[] value) in data.Pairs)
        {
            byte[] command = [.. Encoding.ASCII.GetBytes(set(key, value.Length)), .. value, .. "\r\n"u8];
            await client.SendAsync(command);
            string reply = await client.ReadLineAsync();
            if (!reply.StartsWith(stored, StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"A pair was not stored: {reply}");
            }
        }
    }
}
