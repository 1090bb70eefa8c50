using System.Net;
using System.Net.Sockets;
using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Engine;

/// <summary>That a generator which comes late to its sockets does not blame the server.</summary>
public sealed class ConnectionKeeperTests
{
    private TemporaryDirectory _directory = null!;
    private Poll _poll = null!;
    private Connection[] _connections = [];

    [SetUp]
    public void OpenPoll()
    {
        _directory = new TemporaryDirectory();
        _poll = new Poll();
    }

    [TearDown]
    public void CloseConnections()
    {
        foreach (Connection connection in _connections)
        {
            connection.Dispose();
        }

        _poll.Dispose();
        _directory.Dispose();
    }

    [Test]
    public void ConnectAll_sees_connections_that_were_made_though_the_time_is_over()
    {
        UnixDomainSocketEndPoint server = new(_directory.PathOf("s"));
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(server);
        listener.Listen(200);

        (ConnectionKeeper keeper, _) = Make(server, TimeSpan.Zero, connections: 100);
        keeper.ConnectAll(_connections, _poll);

        Assert.That(_connections.Select(static connection => connection.State), Is.All.EqualTo(ConnectionState.Open));
    }

    [Test]
    public void LookAfter_takes_no_pause_of_the_generator_for_an_absence_of_the_server()
    {
        (ConnectionKeeper keeper, RunSchedule schedule) = Make(
            new UnixDomainSocketEndPoint(_directory.PathOf("nobody")), TimeSpan.FromMilliseconds(500), connections: 2);
        long now = LoadClock.Now;
        keeper.LookAfter(_connections, now);
        now += 3600 * LoadClock.Second;
        keeper.LookAfter(_connections, now);
        Assert.That(schedule.StopReason, Is.Null, "an hour has passed, but the server was looked for twice");

        for (int look = 0; look < 50; look++)
        {
            now += LoadClock.Second / 100;
            keeper.LookAfter(_connections, now);
        }

        Assert.That(schedule.StopReason, Does.StartWith("the server could not be reached for 0.5 s (No such file or directory)"));
    }

    private (ConnectionKeeper Keeper, RunSchedule Schedule) Make(EndPoint server, TimeSpan timeout, int connections)
    {
        LoadPlan plan = LoadRuns.PlanFor(server) with { Timeout = timeout, Duration = TimeSpan.FromHours(2) };
        RunSchedule schedule = new(plan);
        schedule.Begin(LoadClock.Now);
        _connections = [.. Enumerable.Range(0, connections).Select(number => new Connection(plan, _poll, number, Greeting.Of(plan)))];
        return (new ConnectionKeeper(plan, new SocketTarget(server), schedule, new ThreadTally(schedule, new SecondsBoard(1), 0)), schedule);
    }
}
