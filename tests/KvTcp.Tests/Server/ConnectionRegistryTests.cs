using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

[Parallelizable(ParallelScope.All)]
public class ConnectionRegistryTests
{
    [Test]
    public void Heartbeat_that_fails_for_one_connection_reaches_the_others_and_each_once_a_beat()
    {
        const int Connections = 3;
        ServerOptions options = new() { FirstRequestTimeout = TimeSpan.Zero, Transport = TransportKind.Sockets };
        using TestDataset data = TestDataset.WithLengths(1);
        using RecordedLog log = new();
        Refusals refusals = new();
        ConnectionRegistry registry = new(Connections, null, refusals, log);
        ServerReplies replies = new(data.Holder, reloader: null, registry, refusals, ServerTransport.Choose(options, NullLoggerFactory.Instance));
        List<ConnectionDeadlines> connections = [];
        for (int i = 0; i < Connections; i++)
        {
            // A context without a transport: to end its wait for requests fails.
            RequestDispatcher dispatcher = new(options, data.Holder, replies, null, null);
            connections.Add(new ConnectionDeadlines(options, new DefaultConnectionContext(), dispatcher));
            Assert.That(registry.TryAdd(connections[i]));
        }

        registry.OnHeartbeat();
        Assert.That(connections.Select(static connection => connection.HasExpired), Is.All.True);
        Assert.That(log.Errors.Count(), Is.EqualTo(Connections));
        registry.OnHeartbeat();
        Assert.That(log.Errors.Count(), Is.EqualTo(2 * Connections));
    }
}
