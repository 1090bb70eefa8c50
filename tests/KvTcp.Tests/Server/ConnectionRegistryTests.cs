using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

[Parallelizable(ParallelScope.All)]
public class ConnectionRegistryTests
{
    /// <summary>Every connection has expired as soon as it is looked at. Without a transport it cannot be ended, which is logged.</summary>
    private readonly ServerOptions _options = new() { FirstRequestTimeout = TimeSpan.Zero, Transport = TransportKind.Sockets };

    [Test]
    public void Heartbeat_that_fails_for_one_connection_reaches_the_others_and_each_once_a_beat()
    {
        const int Connections = 3;
        using TestDataset data = TestDataset.WithLengths(1);
        using RecordedLog log = new();
        (ConnectionRegistry registry, IReadOnlyList<ConnectionDeadlines> connections) = Open(Connections, data, log);
        Assert.That(registry.OnHeartbeat(out bool isWhole), Is.EqualTo(TimeSpan.FromSeconds(1)), "few are looked at at once");
        Assert.That(isWhole);
        Assert.That(connections.Select(static connection => connection.HasExpired), Is.All.True);
        Assert.That(log.Errors.Count(), Is.EqualTo(Connections));
        registry.OnHeartbeat(out _);
        Assert.That(log.Errors.Count(), Is.EqualTo(2 * Connections));
    }

    [TestCase(17, 2, Description = "one more than are looked at at once")]
    [TestCase(320, 20, Description = "as many as the parts have room for")]
    [TestCase(1001, 20, Description = "parts of 51, the last of 32")]
    public void Many_connections_are_looked_at_in_parts_and_all_within_a_second(int count, int parts)
    {
        using TestDataset data = TestDataset.WithLengths(1);
        using RecordedLog log = new();
        (ConnectionRegistry registry, IReadOnlyList<ConnectionDeadlines> connections) = Open(count, data, log);
        TimeSpan time = TimeSpan.Zero;
        int before = 0;
        for (int part = 0; part < parts; part++)
        {
            time += registry.OnHeartbeat(out bool isWhole);
            Assert.That(isWhole, Is.EqualTo(part == parts - 1));
            int expired = connections.Count(static connection => connection.HasExpired);
            Assert.That(expired - before, Is.InRange(1, Math.Max(16, (count + 19) / 20)));
            before = expired;
        }

        Assert.That(before, Is.EqualTo(count));
        Assert.That(time, Is.EqualTo(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public void Connection_that_ends_while_others_are_looked_at_is_not_looked_at_any_more()
    {
        const int Connections = 32;
        using TestDataset data = TestDataset.WithLengths(1);
        using RecordedLog log = new();
        (ConnectionRegistry registry, IReadOnlyList<ConnectionDeadlines> connections) = Open(Connections, data, log);
        registry.OnHeartbeat(out _);
        ConnectionDeadlines[] rest = [.. connections.Where(static connection => !connection.HasExpired)];
        Assert.That(rest, Has.Length.EqualTo(Connections / 2));
        registry.Remove(rest[0]);
        registry.OnHeartbeat(out _);
        Assert.That(rest.Select(static connection => connection.HasExpired), Is.EqualTo(rest.Select((_, i) => i > 0)));
    }

    private (ConnectionRegistry Registry, IReadOnlyList<ConnectionDeadlines> Connections) Open(int count, TestDataset data, RecordedLog log)
    {
        Refusals refusals = new();
        ConnectionRegistry registry = new(count, null, refusals, log);
        ServerReplies replies = new(data.Holder, reloader: null, registry, refusals, ServerTransport.Choose(_options, NullLoggerFactory.Instance));
        List<ConnectionDeadlines> connections = [];
        for (int i = 0; i < count; i++)
        {
            RequestDispatcher dispatcher = new(_options, data.Holder, replies, null, null);
            connections.Add(new ConnectionDeadlines(_options, new DefaultConnectionContext(), dispatcher));
            Assert.That(registry.TryAdd(connections[i]));
        }

        return (registry, connections);
    }
}
