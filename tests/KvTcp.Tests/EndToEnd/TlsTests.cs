using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>The line protocol over TLS, docs/protocol.md#tls, and clients that do not speak it as they should.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
public class TlsTests
{
    private TemporaryDirectory _directory = null!;
    private TestAuthority _authority = null!;
    private ServerFiles _files = null!;

    private static string Key => TestDataset.Key(0).ToString();

    [SetUp]
    public void Issue()
    {
        _directory = new TemporaryDirectory();
        _authority = new TestAuthority();
        _files = new ServerFiles(_directory, _authority).Write("first");
    }

    [TearDown]
    public void Remove()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task Requests_are_answered_in_either_protocol_and_nothing_is_negotiated_on_top()
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithValues("one"));
        using TlsClient client = await ConnectAsync(server);
        Assert.That(client.Stream.NegotiatedApplicationProtocol.Protocol.Length, Is.Zero, "the client has offered h2 and http/1.1");
        Assert.That(await client.AskAsync($"GET {Key}"), Is.EqualTo("OK one"));
        Assert.That(await client.AskAsync("QUIT"), Is.EqualTo("OK BYE"));
        Assert.That(await client.ReadLineAsync(), Is.Null, "the server closes in order");
        using TlsClient resp = await ConnectAsync(server);
        await resp.SendAsync($"*2\r\n$3\r\nGET\r\n$36\r\n{Key}\r\n");
        Assert.That((await resp.ReadLineAsync(), await resp.ReadLineAsync()), Is.EqualTo(("$3", "one")));
    }

    [Test]
    public async Task Pipelined_requests_and_values_of_many_records_arrive_whole()
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithLengths(300_000, 16_384, 16_380, 0, 1));
        using TlsClient client = await ConnectAsync(server);
        const int Rounds = 40;
        Guid[] keys = [.. Enumerable.Range(0, 5).Select(TestDataset.Key)];
        Task send = client.SendAsync(string.Concat(Enumerable.Repeat(string.Concat(keys.Select(static key => $"GET {key}\n")), Rounds)) + "QUIT\n");
        for (int round = 0; round < Rounds; round++)
        {
            foreach (Guid key in keys)
            {
                Assert.That(await client.ReadLineAsync(), Is.EqualTo($"OK {ByteText.Text(server.Data.Pairs[key])}"));
            }
        }

        await send;
        Assert.That((await client.ReadLineAsync(), await client.ReadLineAsync()), Is.EqualTo(("OK BYE", (string?)null)));
    }

    [TestCase("GET 6ba7b810-9dad-11d1-80b4-00c04fd430c8\nPING\n", Description = "the line protocol in the clear")]
    [TestCase("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", Description = "HTTP")]
    [TestCase("*1\r\n$4\r\nPING\r\n", Description = "RESP in the clear")]
    [TestCase("\u0016\u0003\u0001\u0000\u0005hello", Description = "a hello that is none")]
    public async Task Bytes_that_are_no_TLS_get_a_close_and_are_counted(string bytes)
    {
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync(bytes);
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That(text, Does.Not.Contain("OK").And.Not.Contain("ERR").And.Not.Contain("PONG"));
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
        await Patience.UntilAsync(async () => (await StatsAsync(server))["tls_handshakes_failed"] is "1", "the failure is counted");
        await Patience.UntilAsync(
            () => Task.FromResult(server.Log.Texts(LogLevel.Warning).Any(static line => line.Contains("1 TLS handshakes failed; the last from 127.0.0.1:", StringComparison.Ordinal))),
            "the failure is logged");
    }

    /// <summary>A certificate that cannot be chosen stands in for a bug.</summary>
    [Test]
    public async Task Bug_in_the_handshake_is_logged_and_ends_that_connection_alone()
    {
        using TestDataset data = TestDataset.WithLengths(10);
        using RecordedLog log = new();
        TlsCertificates certificates = _files.Load();
        await using KvServer server = await KvServer.StartAsync(
            new ServerOptions { Listen = [RunningServer.Address("127.0.0.1:0")], Tls = certificates }, data.Holder, reloader: null, log);
        using TlsClient other = await TlsClient.ConnectAsync(server.EndPoints[0], _authority);
        SslStreamCertificateContext? certificate = certificates.Current.ServerCertificateContext;
        certificates.Current.ServerCertificateContext = null;
        certificates.Current.ServerCertificateSelectionCallback = static (_, _) => throw new InvalidOperationException("a bug of a test");
        Assert.That(
            async () => await TlsClient.ConnectAsync(server.EndPoints[0], _authority), Throws.InstanceOf<IOException>().Or.InstanceOf<AuthenticationException>());
        await Patience.UntilAsync(() => Task.FromResult(log.Texts(LogLevel.Error).Any()), "it is logged");
        Assert.That(log.Texts(LogLevel.Error).Single(), Does.Contain("a bug of a test"));
        certificates.Current.ServerCertificateSelectionCallback = null;
        certificates.Current.ServerCertificateContext = certificate;
        using TlsClient next = await TlsClient.ConnectAsync(server.EndPoints[0], _authority);
        Assert.That((await other.AskAsync("PING"), await next.AskAsync("PING")), Is.EqualTo(("OK PONG", "OK PONG")));
    }

    [Test]
    public async Task Client_that_only_looks_whether_somebody_listens_is_no_failure()
    {
        await using RunningServer server = await StartAsync();
        using (LineClient probe = await server.ConnectAsync())
        {
            probe.EndSending();
            Assert.That(await probe.ReadToEndAsync(), Is.EqualTo(("", ConnectionEnd.Closed)));
        }

        Assert.That((await StatsAsync(server))["tls_handshakes_failed"], Is.EqualTo("0"));
    }

    [TestCase("", Description = "before its hello")]
    [TestCase("160301", Description = "within its hello")]
    public async Task Client_that_stalls_in_the_handshake_is_closed_by_the_first_deadline(string sent)
    {
        await using RunningServer server = await StartAsync(new ServerOptions { FirstRequestTimeout = TimeSpan.FromSeconds(1) });
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync(Convert.FromHexString(sent));
        Assert.That((await client.ReadToEndAsync()).Text, Is.Empty);
        IReadOnlyDictionary<string, string> stats = await StatsAsync(server);
        Assert.That((stats["connections_timed_out"], stats["tls_handshakes_failed"]), Is.EqualTo(("1", "0")));
    }

    [Test]
    public async Task Idle_client_is_closed_in_order_and_one_that_reads_nothing_is_reset()
    {
        await using RunningServer server = await StartAsync(
            new ServerOptions { IdleTimeout = TimeSpan.FromSeconds(1), UnreadReplyTimeout = TimeSpan.FromSeconds(1) }, TestDataset.WithLengths(1 << 20));
        using TlsClient idle = await ConnectAsync(server);
        using TlsClient silent = await ConnectAsync(server);
        Assert.That(await idle.AskAsync("PING"), Is.EqualTo("OK PONG"));
        await silent.SendAsync(string.Concat(Enumerable.Repeat($"GET {Key}\n", 64)));
        Assert.That(await idle.ReadLineAsync(), Is.Null);
        await Patience.UntilAsync(async () => (await StatsAsync(server))["connections_timed_out"] is "2", "both are closed");
    }

    [Test]
    public async Task Connection_beyond_the_limit_is_closed_before_the_handshake()
    {
        await using RunningServer server = await StartAsync(new ServerOptions { MaxConnections = 1 });
        using TlsClient first = await ConnectAsync(server);
        Assert.That(async () => await ConnectAsync(server), Throws.InstanceOf<IOException>().Or.InstanceOf<AuthenticationException>());
        Assert.That(await first.AskAsync("PING"), Is.EqualTo("OK PONG"));
    }

    [Test]
    public async Task Stopping_server_answers_what_it_has_read_and_closes_in_order()
    {
        await using RunningServer server = await StartAsync();
        using TlsClient client = await ConnectAsync(server);
        Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
        Task stop = server.Server.StopAsync();
        Assert.That(await client.ReadLineAsync(), Is.Null);
        client.Dispose();
        await stop.WaitAsync(Patience.Limit);
    }

    [Test]
    public async Task Plain_address_and_Unix_socket_speak_no_TLS()
    {
        string path = _directory.PathOf("k.sock");
        await using RunningServer server = await RunningServer.StartAsync(
            new ServerOptions { Tls = _files.Load() }, null, "plain:127.0.0.1:0", $"unix:{path}", "127.0.0.1:0");
        using LineClient plain = await LineClient.ConnectAsync(server.Server.EndPoints[0]);
        using LineClient unix = await LineClient.ConnectAsync(new UnixDomainSocketEndPoint(path));
        using TlsClient secured = await TlsClient.ConnectAsync(server.Server.EndPoints[2], _authority);
        Assert.That(
            (await plain.AskAsync("PING"), await unix.AskAsync("PING"), await secured.AskAsync("PING")), Is.EqualTo(("OK PONG", "OK PONG", "OK PONG")));
    }

    [Test]
    public async Task Clients_have_to_show_a_certificate_where_one_is_asked_for()
    {
        using TestAuthority clients = new("clients");
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { Tls = _files.Load(clients) }, null, "127.0.0.1:0");
        foreach ((string Certificate, string Key)? wrong in new (string, string)?[]
        {
            null, _authority.Issue("of another authority", forClient: true), clients.Issue("a server", forClient: false), clients.Issue("expired", forClient: true, days: -1),
        })
        {
            Assert.That(async () => await AskAsync(server, wrong), Throws.InstanceOf<IOException>().Or.InstanceOf<AuthenticationException>());
        }

        Assert.That(await AskAsync(server, clients.Issue("a client", forClient: true)), Is.EqualTo("OK PONG"));
    }

    [TestCase("0.0.0.0:0", false, Description = "TLS on it")]
    [TestCase("plain:0.0.0.0:0", true, Description = "no TLS on it")]
    public async Task Warning_of_other_machines_is_for_addresses_without_TLS(string listen, bool isWarned)
    {
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { Tls = _files.Load() }, null, listen);
        Assert.That(server.Log.Texts(LogLevel.Warning).Any(static line => line.Contains("nothing authenticates", StringComparison.Ordinal)), Is.EqualTo(isWarned));
    }

    /// <summary>With TLS 1.3 a client learns only from its first read that its certificate is refused.</summary>
    private async Task<string?> AskAsync(RunningServer server, (string Certificate, string Key)? own)
    {
        using TlsClient client = await TlsClient.ConnectAsync(server.EndPoint, _authority, own);
        return await client.AskAsync("PING") ?? throw new IOException("closed");
    }

    private async Task<RunningServer> StartAsync(ServerOptions? options = null, TestDataset? data = null) =>
        await RunningServer.StartAsync((options ?? new ServerOptions()) with { Tls = _files.Load() }, data, "127.0.0.1:0", "plain:127.0.0.1:0");

    private Task<TlsClient> ConnectAsync(RunningServer server) => TlsClient.ConnectAsync(server.EndPoint, _authority);

    private static async Task<IReadOnlyDictionary<string, string>> StatsAsync(RunningServer server)
    {
        using LineClient plain = await LineClient.ConnectAsync(server.Server.EndPoints[1]);
        return await plain.StatsAsync();
    }
}
