using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using KvTcp.Tests.Support;
using KvTcp.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace KvTcp.Tests.Transport;

/// <summary>Where the transport listens, and how it stops.</summary>
[Parallelizable(ParallelScope.All)]
public class LoopListenerTests(LoopEngineKind engine) : EveryEngine(engine)
{
    private const int SocketLevel = 1;
    private const int ReusePort = 15;

    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    [Test]
    public async Task Factory_binds_its_own_end_points_only()
    {
        LoopTransportFactory factory = new(With(loops: 2), NullLoggerFactory.Instance);
        Assert.That(factory.CanBind(new LoopEndPoint(AnyPort)));
        Assert.That(factory.CanBind(AnyPort), Is.False);
        await Assert.ThatAsync(async () => await factory.BindAsync(AnyPort), Throws.InstanceOf<NotSupportedException>());
    }

    [Test]
    public void End_point_is_an_ip_address_or_a_unix_socket() =>
        Assert.That(() => new LoopEndPoint(new DnsEndPoint("localhost", 1)), Throws.ArgumentException);

    [Test]
    public void No_loops_are_refused() =>
        Assert.That(
            () => new LoopTransportFactory(With(loops: 0), NullLoggerFactory.Instance),
            Throws.InstanceOf<ArgumentOutOfRangeException>());

    [TestCase(-1, Description = "there is no such time")]
    [TestCase(1001, Description = "a loop would be deaf to what is due for too long")]
    public void Busy_poll_out_of_range_is_refused(int microseconds) =>
        Assert.That(
            () => new LoopTransportFactory(
                new LoopTransportOptions { BusyPoll = TimeSpan.FromMicroseconds(microseconds) }, NullLoggerFactory.Instance),
            Throws.InstanceOf<ArgumentOutOfRangeException>());

    [TestCase(false)]
    [TestCase(true, Description = "even if the other would share it")]
    public async Task Port_of_somebody_else_is_refused(bool isShared)
    {
        using Socket other = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (isShared)
        {
            other.SetRawSocketOption(SocketLevel, ReusePort, BitConverter.GetBytes(1));
        }

        other.Bind(AnyPort);
        other.Listen();
        LoopTransportFactory factory = new(With(loops: 2), NullLoggerFactory.Instance);
        await Assert.ThatAsync(
            async () => await factory.BindAsync(new LoopEndPoint(other.LocalEndPoint!)), Throws.InstanceOf<AddressInUseException>());
    }

    [Test]
    public async Task Port_of_the_transport_is_refused_to_others_and_free_afterwards()
    {
        EndPoint endPoint;
        LoopTransportFactory second = new(With(loops: 2), NullLoggerFactory.Instance);
        await using (LoopServer server = await StartAsync(LoopServer.EchoAsync, loops: 2))
        {
            endPoint = server.EndPoint;
            await Assert.ThatAsync(async () => await second.BindAsync(new LoopEndPoint(endPoint)), Throws.InstanceOf<AddressInUseException>());
        }

        await using IConnectionListener next = await second.BindAsync(new LoopEndPoint(endPoint));
        Assert.That(next.EndPoint, Is.EqualTo(endPoint));
    }

    [TestCase(true, Description = "the kernel spreads connections over sockets")]
    [TestCase(false, Description = "loops share the one socket")]
    public async Task Connections_are_spread_over_the_loops(bool isInternet)
    {
        ConcurrentDictionary<string, int> threads = [];
        EndPoint address = isInternet ? AnyPort : new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), $"kvtcp-{Guid.NewGuid():n}.sock"));
        await using LoopServer server = await StartAsync(
            async connection =>
            {
                while (await LoopServer.EchoOnceAsync(connection.Transport))
                {
                    // The first read may find bytes there, and then leaves the handler on the thread that it began on.
                    if (Thread.CurrentThread.Name is string name && name.StartsWith("loop", StringComparison.Ordinal))
                    {
                        threads.AddOrUpdate(name, 1, static (_, count) => count + 1);
                    }
                }
            },
            address,
            loops: 2);
        const int Most = 2_000;
        for (int i = 0; i < Most && threads.Count < 2; i++)
        {
            using LineClient client = await server.ConnectAsync();
            Assert.That(await client.AskAsync("some"), Is.EqualTo("some"));
            Assert.That(await client.AskAsync("more"), Is.EqualTo("more"));
        }

        Assert.That(threads.Keys, Is.EquivalentTo(new[] { "loop 0", "loop 1" }));
    }

    [Test]
    public async Task End_points_share_the_loops_and_stop_one_by_one()
    {
        LoopTransportFactory factory = new(With(loops: 1), NullLoggerFactory.Instance);
        IConnectionListener first = await factory.BindAsync(new LoopEndPoint(AnyPort));
        IConnectionListener second = await factory.BindAsync(new LoopEndPoint(AnyPort));
        await first.UnbindAsync();
        Assert.That(await first.AcceptAsync(), Is.Null);
        await first.DisposeAsync();

        using LineClient client = await LineClient.ConnectAsync(second.EndPoint);
        ConnectionContext connection = (await second.AcceptAsync())!;
        Task echoing = LoopServer.EchoAsync(connection);
        Assert.That(await client.AskAsync("some"), Is.EqualTo("some"));
        client.EndSending();
        await echoing.WaitAsync(Patience.Limit);
        await connection.DisposeAsync();
        await second.DisposeAsync();
        Assert.That(await second.AcceptAsync(), Is.Null);
    }

    [Test]
    public async Task Connection_that_nobody_accepted_is_reset_at_the_end()
    {
        LoopTransportFactory factory = new(With(loops: 2), NullLoggerFactory.Instance);
        IConnectionListener listener = await factory.BindAsync(new LoopEndPoint(AnyPort));
        using LineClient client = await LineClient.ConnectAsync(listener.EndPoint);
        await listener.DisposeAsync();
        Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Reset));
    }

    [Test]
    public async Task Small_replies_are_sent_without_delay()
    {
        bool? noDelay = null;
        await using LoopServer server = await StartAsync(
            async connection =>
            {
                using Socket socket = new(new SafeSocketHandle(((LoopConnection)connection).Socket.File, ownsHandle: false));
                noDelay = socket.NoDelay;
                await LoopServer.EchoOnceAsync(connection.Transport);
            },
            loops: 2);
        using LineClient client = await server.ConnectAsync();
        Assert.That(await client.AskAsync("some"), Is.EqualTo("some"));
        Assert.That(noDelay, Is.True);
    }
}
