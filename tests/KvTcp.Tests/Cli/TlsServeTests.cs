using System.Net;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

/// <summary>TLS and the token between processes: <c>kvtcp serve</c>, the commands that ask it, and redis-cli.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
public sealed class TlsServeTests
{
    private const string Key = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private const string Token = "correct-horse";
    private const int HangUp = 1;

    private TemporaryDirectory _directory = null!;
    private TestAuthority _authority = null!;
    private ServerFiles _files = null!;

    private string Data => _directory.PathOf("some.data");

    private string Authority => _directory.PathOf("ca.crt");

    private string TokenPath => _directory.PathOf("token");

    [SetUp]
    public void CreateFiles()
    {
        _directory = new TemporaryDirectory();
        _authority = new TestAuthority();
        _files = new ServerFiles(_directory, _authority).Write("first");
        _directory.Write("some.data", $"{Key} one\n");
        _directory.Write("ca.crt", _authority.Pem);
        _directory.Write("token", Token + "\n");
    }

    [TearDown]
    public void RemoveFiles()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task Commands_and_redis_cli_speak_TLS_and_AUTH()
    {
        (ProcessRun server, string address) = await ServeAsync();
        using (server)
        {
            string[] secured = ["--server", address, "--tls", "--tls-ca", Authority];
            string[] known = [.. secured, "--auth-token-file", TokenPath];
            Assert.That((await KvTcpProgram.RunAsync(["get", Key, .. known])).Output, Is.EqualTo("one\n"));
            Assert.That((await KvTcpProgram.RunAsync(["reload", .. known])).Output, Does.Match("^[0-9a-f]{16}\n$"));
            Assert.That((await KvTcpProgram.RunAsync(["healthcheck", "--http", "off", .. secured])).Output, Is.EqualTo("ready\n"));
            (await KvTcpProgram.RunAsync(["get", Key, .. secured])).AssertError(69, "AUTH comes first");
            (await KvTcpProgram.RunAsync(["get", Key, .. secured, "--auth-token-file", _directory.Write("wrong", "x")])).AssertError(69, "the token is wrong");
            (await KvTcpProgram.RunAsync("get", Key, "--server", address, "--tls")).AssertError(69, "TLS failed");
            (await KvTcpProgram.RunAsync("reload", "--server", address, "--tls")).AssertError(69, "TLS failed");
            (await KvTcpProgram.RunAsync("get", Key, "--server", address)).AssertError(69, address);

            string port = IPEndPoint.Parse(address).Port.ToString();
            string[] redis = ["-h", "127.0.0.1", "-p", port, "--tls", "--cacert", Authority, "--no-auth-warning"];
            Assert.That((await ProcessRun.RunAsync("redis-cli", [.. redis, "-a", Token, "get", Key])).Output, Is.EqualTo("one\n"));
            Assert.That((await ProcessRun.RunAsync("redis-cli", [.. redis, "--user", "any", "-a", Token, "get", Key])).Output, Is.EqualTo("one\n"));
            Assert.That((await ProcessRun.RunAsync("redis-cli", [.. redis, "get", Key])).Output, Does.StartWith("NOAUTH "));
            ProcessResult loaded = await LoadGenProgram.RunAsync(
                ["--data", Data, "--count", "2000", "--depth", "16", "--connections", "4", "--warm-up", "0", "--verify", .. known]);
            Assert.That((loaded.ExitCode, loaded.Error), Is.EqualTo((0, "")), loaded.Output);
        }
    }

    [Test]
    public async Task Client_certificate_is_shown_where_the_server_asks_for_one()
    {
        using TestAuthority clients = new("clients");
        (string certificate, string key) = clients.Issue("a client", forClient: true);
        string[] own = ["--tls-client-cert", _directory.Write("own.crt", certificate), "--tls-client-key", _directory.Write("own.key", key)];
        (ProcessRun server, string address) = await ServeAsync("--tls-client-ca", _directory.Write("clients.crt", clients.Pem));
        using (server)
        {
            string[] known = ["--server", address, "--tls", "--tls-ca", Authority, "--auth-token-file", TokenPath];
            Assert.That((await KvTcpProgram.RunAsync(["get", Key, .. known, .. own])).Output, Is.EqualTo("one\n"));
            (await KvTcpProgram.RunAsync(["get", Key, .. known])).AssertError(69, address);
            string[] load = ["--data", Data, "--count", "100", "--connections", "2", "--warm-up", "0", .. known];
            Assert.That((await LoadGenProgram.RunAsync([.. load, .. own])).ExitCode, Is.Zero);
            Assert.That((await LoadGenProgram.RunAsync(load)).ExitCode, Is.EqualTo(69));
        }
    }

    [Test]
    public async Task Certificate_and_token_change_under_a_storm_of_SIGHUP_while_connections_stand()
    {
        (ProcessRun server, string address) = await ServeAsync();
        using (server)
        {
            using TlsClient client = await TlsClient.ConnectAsync(IPEndPoint.Parse(address), _authority);
            Assert.That(client.ServerName, Is.EqualTo("first"));
            Assert.That(await client.AskAsync($"AUTH {Token}"), Is.EqualTo("OK"));
            for (int i = 0; i < 200; i++)
            {
                server.Signal(HangUp);
                Assert.That(await client.AskAsync($"GET {Key}"), Is.EqualTo("OK one"));
            }

            _directory.Write("server.key", _authority.Issue("another").Key);
            server.Signal(HangUp);
            Assert.That(await server.WaitForErrorLineAsync("Refused, and what was loaded before goes on"), Does.Contain("does not hold the key of"));
            Assert.That(await NameAsync(address), Is.EqualTo("first"));

            _files.Write("second");
            _directory.Write("token", "another\n");
            server.Signal(HangUp);
            await server.WaitForErrorLineAsync("CN=second");
            Assert.That(await NameAsync(address), Is.EqualTo("second"));
            using TlsClient later = await TlsClient.ConnectAsync(IPEndPoint.Parse(address), _authority);
            Assert.That((await later.AskAsync($"AUTH {Token}"), await later.AskAsync("AUTH another")), Is.EqualTo(("ERR WRONGPASS the token is wrong", "OK")));
            Assert.That(await client.AskAsync($"GET {Key}"), Is.EqualTo("OK one"), "the old connection stands, and is authenticated");
        }
    }

    [Test]
    public async Task Certificate_is_loaded_again_when_it_has_changed()
    {
        (ProcessRun server, string address) = await ServeAsync();
        using (server)
        {
            _files.Write("second");
            await server.WaitForErrorLineAsync("CN=second");
            Assert.That(await NameAsync(address), Is.EqualTo("second"));
        }
    }

    [TestCase("--tls-cert", "server.crt", 64, "--tls-cert and --tls-key go together")]
    [TestCase("--tls-client-ca", "ca.crt", 64, "needs TLS")]
    [TestCase("--tls-cert server.crt --tls-key", "none.key", 66, "cannot be read")]
    [TestCase("--tls-cert server.crt --tls-key", "ca.crt", 65, "does not hold the key")]
    [TestCase("--tls-cert some.data --tls-key", "server.key", 65, "holds no certificate")]
    public async Task Server_does_not_start_with_certificates_that_cannot_be_used(string options, string file, int exitCode, string reason)
    {
        IEnumerable<string> given = $"{options} {file}".Split(' ').Select(word => word.StartsWith('-') ? word : _directory.PathOf(word));
        (await KvTcpProgram.RunAsync(["serve", "--data", Data, "--listen", "127.0.0.1:0", .. given])).AssertError(exitCode, reason);
    }

    [TestCase("--tls-ca ca.crt", 64, "need --tls")]
    [TestCase("--tls --tls-client-cert server.crt", 64, "go together")]
    [TestCase("--tls --tls-ca none.crt", 66, "cannot be read")]
    [TestCase("--tls --tls-ca some.data", 65, "holds no certificate")]
    public async Task Client_says_what_is_wrong_with_its_options(string options, int exitCode, string reason)
    {
        IEnumerable<string> given = options.Split(' ').Select(word => word.StartsWith('-') ? word : _directory.PathOf(word));
        (await KvTcpProgram.RunAsync(["get", Key, "--server", "127.0.0.1:1", .. given])).AssertError(exitCode, reason);
    }

    private Task<(ProcessRun Server, string Address)> ServeAsync(params string[] options) => KvTcpProgram.ServeAsync(
        ["--data", Data, "--tls-cert", _files.Certificate, "--tls-key", _files.Key, "--auth-token-file", TokenPath, .. options]);

    private async Task<string> NameAsync(string address)
    {
        using TlsClient client = await TlsClient.ConnectAsync(IPEndPoint.Parse(address), _authority);
        return client.ServerName;
    }
}
