using System.Net;
using System.Net.Sockets;
using KvTcp.Redis;
using KvTcp.Redis.Connections;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Redis.Connections;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RedisConnectionTests
{
    [Test]
    public async Task Requests_that_are_given_up_before_they_are_sent_are_not_sent()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        RedisAddress address = new("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);
        RedisOptions options = new() { ConnectTimeout = Patience.Limit, ReplyTimeout = Patience.Limit };
        await using RedisConnection connection = await RedisConnection.OpenAsync(
            address, new RedisUrl { Addresses = [address] }, options, CancellationToken.None);
        using TcpClient node = await listener.AcceptTcpClientAsync();

        // More than the kernel takes while nobody reads.
        CommandExchange large = new("ECHO", new string('x', 32 << 20));
        CommandExchange late = new("ECHO", "late");
        CommandExchange last = new("ECHO", "last");
        Assert.That(new[] { large, late, last }.Select(connection.TrySend), Is.All.True);
        late.GiveUp();
        using StreamReader received = new(node.GetStream());
        List<string> arguments = [];
        while (arguments.Count < 2)
        {
            string? line = await received.ReadLineAsync().WaitAsync(Patience.Limit);
            if (line is "last" or "late" or ['x', ..])
            {
                arguments.Add(line);
            }
        }

        Assert.That((arguments[0].Length, arguments[1]), Is.EqualTo((32 << 20, "last")));
        await node.GetStream().WriteAsync("+1\r\n+2\r\n"u8.ToArray());
        await Task.WhenAll(large.Completion, last.Completion).WaitAsync(Patience.Limit);
        Assert.That((large.Reply!.Text, last.Reply!.Text, late.Completion.IsCompleted), Is.EqualTo(("1", "2", false)));
    }
}
