using System.Buffers;
using System.Text;
using KvTcp.Compare;
using NUnit.Framework;

namespace KvTcp.Tests.Compare;

/// <summary>What each server is asked, and how its answers are read.</summary>
[TestFixture]
public class PeerTests
{
    private const string Http = "HTTP/1.1 200 OK\r\nserver: uvicorn\r\ncontent-length: 2\r\n\r\n";

    [TestCase("kvtcp", "OK 12\n", 12)]
    [TestCase("redis", ":12\r\n", 12)]
    [TestCase("garnet", ":0\r\n", 0)]
    [TestCase("memcached", "STAT pid 1\r\nSTAT curr_items 12\r\nSTAT total_items 40\r\nEND\r\n", 12)]
    [TestCase("fastapi", Http + "12", 12)]
    public void ReadCount_waits_for_the_whole_reply(string name, string reply, long count)
    {
        Peer peer = Find(name);
        Assert.That(peer.ReadCount(reply), Is.EqualTo(count));
        Assert.That(Enumerable.Range(0, reply.Length).Select(length => peer.ReadCount(reply[..length])), Is.All.Null);
    }

    [TestCase("kvtcp", "ERR BUSY too many connections\n", "ERR BUSY")]
    [TestCase("redis", "-LOADING Redis is loading\r\n", "-LOADING")]
    [TestCase("memcached", "STAT pid 1\r\nEND\r\n", "STAT pid")]
    [TestCase("fastapi", "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\n{}", "HTTP/1.1 500")]
    public void ReadCount_refuses_another_reply_with_its_words(string name, string reply, string words) =>
        Assert.That(() => Find(name).ReadCount(reply), Throws.TypeOf<FormatException>().With.Message.Contains(words));

    [TestCase("redis", "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$7\r\na value\r\n")]
    [TestCase("garnet", "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$7\r\na value\r\n")]
    [TestCase("memcached", "set key 0 0 7\r\na value\r\n")]
    public void WriteStore_is_in_the_protocol_of_the_server(string name, string request)
    {
        ArrayBufferWriter<byte> output = new();
        ((StoringPeer)Find(name)).WriteStore(output, "key"u8, "a value"u8);
        Assert.That(Encoding.ASCII.GetString(output.WrittenSpan), Is.EqualTo(request));
    }

    [Test]
    public void OfTransports_makes_a_server_of_each_transport()
    {
        KvTcpPeer[] peers = [.. KvTcpPeer.OfTransports("sockets,epoll+50")];
        PeerLaunch launch = new(4711, [0], 1, "/tmp/some.data", "/tmp");
        Assert.That(peers.Select(static peer => peer.Name), Is.EqualTo(new[] { "kvtcp (sockets)", "kvtcp (epoll+50)" }));
        Assert.That(peers.Select(static peer => KvTcpPeer.IsOurs(peer.Name)), Is.All.True);
        Assert.That(peers[0].Command(launch).Arguments, Does.Not.Contain("--busy-poll"));
        Assert.That(string.Join(' ', peers[1].Command(launch).Arguments), Does.EndWith("--transport epoll --busy-poll 50"));
        Assert.That(Peer.All.Where(static peer => KvTcpPeer.IsOurs(peer.Name)), Has.One.InstanceOf<KvTcpPeer>());
    }

    [Test]
    public void Command_gives_every_server_its_port_and_room_for_the_data([Values(1L, 50_000_000L)] long pairs)
    {
        PeerLaunch launch = new(4711, [0, 1, 2, 3], pairs, "/tmp/some.data", "/tmp");
        foreach (Peer peer in Peer.All)
        {
            Assert.That(string.Join(' ', peer.Command(launch).Arguments), Does.Contain("4711"), peer.Name);
        }

        string[] garnet = Find("garnet").Command(launch).Arguments;
        Assert.That(garnet[Array.IndexOf(garnet, "--memory") + 1], Is.EqualTo(pairs == 1 ? "1024m" : "16384m"));
        Assert.That(garnet[Array.IndexOf(garnet, "--index") + 1], Is.EqualTo(pairs == 1 ? "1m" : "1024m"));
        string[] memcached = Find("memcached").Command(launch).Arguments;
        Assert.That(memcached[Array.IndexOf(memcached, "-m") + 1], Is.EqualTo(pairs == 1 ? "1024" : "9536"));
    }

    [TestCase(1, "1")]
    [TestCase(3, "1")]
    [TestCase(4, "3")]
    public void Redis_has_threads_from_four_cores_on(int cores, string threads)
    {
        string[] redis = Find("redis").Command(new PeerLaunch(4711, [.. Enumerable.Range(0, cores)], 1, "", "")).Arguments;
        Assert.That(redis[Array.IndexOf(redis, "--io-threads") + 1], Is.EqualTo(threads));
    }

    private static Peer Find(string name) => Peer.All.Single(peer => string.Equals(peer.Name, name, StringComparison.Ordinal));
}
