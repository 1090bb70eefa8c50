using System.Buffers;
using System.Net.Sockets;
using System.Text;
using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>Sends the pairs of a data file to a server, pipelined and on several connections.</summary>
internal static class PairSender
{
    /// <summary>Enough to keep a server at work while a connection waits for its replies.</summary>
    public const int Connections = 4;

    private static readonly TimeSpan BlockLimit = TimeSpan.FromSeconds(30);

    /// <summary>Sends all pairs.</summary>
    /// <param name="server">The server.</param>
    /// <param name="peer">What it speaks.</param>
    /// <param name="dataFile">The data file: one that was generated, so without blank lines and the like.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="CommandException">A pair was not stored, or not in time.</exception>
    public static async Task SendAsync(RunningPeer server, StoringPeer peer, string dataFile, CancellationToken cancellation)
    {
        using DataFileBlocks blocks = new(dataFile);
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(() => SendBlocksAsync(server, peer, blocks, cancellation), cancellation)));
    }

    private static async Task SendBlocksAsync(RunningPeer server, StoringPeer peer, DataFileBlocks blocks, CancellationToken cancellation)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.EndPoint, cancellation);
        await using NetworkStream stream = new(socket);
        ArrayBufferWriter<byte> requests = new();
        byte[] replies = [];
        while (blocks.Next() is byte[] block)
        {
            requests.ResetWrittenCount();
            int length = WriteRequests(peer, block, requests) * peer.Stored.Length;
            if (replies.Length < length)
            {
                replies = new byte[length];
            }

            await TimeLimit.RunAsync(
                BlockLimit,
                stop => ExchangeAsync(stream, requests.WrittenMemory, replies.AsMemory(0, length), stop),
                () => $"it did not reply to {length / peer.Stored.Length:N0} pairs",
                cancellation);
            ThrowUnlessStored(peer, replies.AsSpan(0, length));
        }
    }

    /// <summary>Sends requests and reads the replies, which fit into the socket's buffers, so that neither side waits for the other to read.</summary>
    private static async Task<int> ExchangeAsync(NetworkStream stream, ReadOnlyMemory<byte> requests, Memory<byte> replies, CancellationToken cancellation)
    {
        await stream.WriteAsync(requests, cancellation);
        await stream.ReadExactlyAsync(replies, cancellation);
        return replies.Length;
    }

    private static int WriteRequests(StoringPeer peer, ReadOnlySpan<byte> block, ArrayBufferWriter<byte> requests)
    {
        int count = 0;
        while (!block.IsEmpty)
        {
            int end = block.IndexOf((byte)'\n');
            int space = block.IndexOf((byte)' ');
            peer.WriteStore(requests, block[..space], block[(space + 1)..end]);
            block = block[(end + 1)..];
            count++;
        }

        return count;
    }

    private static void ThrowUnlessStored(StoringPeer peer, ReadOnlySpan<byte> replies)
    {
        for (ReadOnlySpan<byte> rest = replies; !rest.IsEmpty; rest = rest[peer.Stored.Length..])
        {
            if (!rest.StartsWith(peer.Stored.Span))
            {
                throw new CommandException(ExitCode.Unavailable, $"a pair was not stored; it replied: {Encoding.ASCII.GetString(rest).Split('\r')[0]}");
            }
        }
    }
}
