using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

public sealed class ServeCommandTests
{
    private const string Key = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";

    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new TemporaryDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [TestCase(15, TestName = "Serve_drains_and_ends_with_0_on_SIGTERM")]
    [TestCase(2, TestName = "Serve_drains_and_ends_with_0_on_SIGINT")]
    [TestCase(3, TestName = "Serve_drains_and_ends_with_0_on_SIGQUIT")]
    public async Task Serve_answers_and_then_ends_with_0(int signal)
    {
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", _directory.Write("some.data", $"{Key} one\n"));
        using (server)
        {
            using TcpClient client = new();
            await client.ConnectAsync(IPEndPoint.Parse(address));
            Assert.That(await AskAsync(client, $"GET {Key}\n", "OK one\n".Length), Is.EqualTo("OK one\n"));
            server.Signal(signal);
            Assert.That(await client.GetStream().ReadAsync(new byte[1]), Is.Zero, "the server closes cleanly");
            ProcessResult result = await server.EndAsync();
            Assert.That((result.ExitCode, result.Output), Is.EqualTo((0, "")), result.Error);
            Assert.That(result.Error, Does.Contain("info: KvTcp.Server.Reloader").And.Contains("Loaded 1 pairs from ").And.Contains($"Received signal {signal}"));
            Assert.That(result.Error, Does.Match(@"dataset [0-9a-f]{16}, 41 bytes read"));
        }
    }

    [TestCase("--data", "https://user:ge@heim@[::1/a?signature=geheim", "'https://***@[::1/a?***' is not a URL")]
    [TestCase("--otlp-endpoint", "ftp://user:geheim@10.0.0.1/a?key=geheim", "'ftp://***@10.0.0.1/a?***' is not a URL")]
    [TestCase("--data", "redis://user:ge@heim@x:y", "'x:y' is no host:port")]
    [TestCase("--data", "redis://ge@heim@10.0.0.1:6379", "before the @ stand the user, a colon and the password")]
    public async Task Serve_of_what_is_no_url_ends_with_64_and_does_not_show_its_secrets(string option, string url, string reason)
    {
        ProcessResult result = await KvTcpProgram.RunAsync(["serve", option, url, .. option is "--data" ? (string[])[] : ["--data", "-"]]);
        result.AssertError(64, reason);
        Assert.That(result.Error, Does.Not.Contain("heim"));
    }

    [Test]
    public async Task Serve_reloads_on_SIGHUP_and_goes_on()
    {
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", _directory.Write("some.data", $"{Key} one\n"));
        using (server)
        {
            _directory.Write("some.data", $"{Key} two\n");
            server.Signal(1);
            await server.WaitForErrorLineAsync("Reload: serving dataset ");
            ProcessResult get = await KvTcpProgram.RunAsync("get", Key, "--server", address);
            Assert.That(get.Output, Is.EqualTo("two\n"));
        }
    }

    [Test]
    public async Task Serve_that_loads_ignores_SIGHUP()
    {
        using ProcessRun server = ProcessRun.Start(KvTcpProgram.Path, ["serve", "--data", "-", "--listen", "127.0.0.1:0"]);
        await server.WaitForErrorLineAsync("Loading (standard input)");
        server.Signal(1);
        await server.WaitForErrorLineAsync("Ignored SIGHUP");
        await server.Input.WriteAsync(Encoding.UTF8.GetBytes($"{Key} one\n"));
        server.EndInput();
        await KvTcpProgram.AddressAsync(server);
    }

    [Test]
    public async Task Serve_ends_at_once_on_a_second_signal()
    {
        string data = _directory.Write("large.data", $"{Key} {new string('v', 1 << 20)}\n");
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync(
            "--data", data, "--drain-timeout", "24h", "--unread-reply-timeout", "24h");
        using (server)
        {
            // More replies than any socket buffers, and nobody to read them: the drain cannot finish.
            using TcpClient client = new();
            await client.ConnectAsync(IPEndPoint.Parse(address));
            await AskAsync(client, string.Concat(Enumerable.Repeat($"GET {Key}\n", 100)), 1);
            server.Signal(15);
            await server.WaitForErrorLineAsync("Stopping");
            server.Signal(2);
            Assert.That((await server.EndAsync()).ExitCode, Is.EqualTo(130));
        }
    }

    [Test]
    public async Task Serve_stops_within_one_drain_timeout_whatever_the_clients_of_both_protocols_do()
    {
        TimeSpan drain = TimeSpan.FromSeconds(6);
        string data = _directory.Write("large.data", $"{Key} {new string('v', 1 << 20)}\n");
        using ProcessRun server = ProcessRun.Start(
            KvTcpProgram.Path, ["serve", "--data", data, "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--drain-timeout", $"{drain.TotalSeconds}"]);
        using TcpClient sends = await BeginPostAsync(server);
        using TcpClient neverReads = new();
        await neverReads.ConnectAsync(IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server)));
        await AskAsync(neverReads, string.Concat(Enumerable.Repeat($"GET {Key}\n", 100)), 1);
        Stopwatch watch = Stopwatch.StartNew();
        server.Signal(15);
        ProcessResult result = await server.EndAsync();
        Assert.That((result.ExitCode, result.Error.Contains("fail: ", StringComparison.Ordinal)), Is.EqualTo((0, false)), result.Error);
        Assert.That(watch.Elapsed, Is.GreaterThan(drain - TimeSpan.FromSeconds(0.1)).And.LessThan(2 * drain), "one after the other would take two");
    }

    [Test]
    public async Task Serve_that_loads_ends_on_a_signal_though_a_client_of_http_sends()
    {
        using ProcessRun server = ProcessRun.Start(
            KvTcpProgram.Path, ["serve", "--data", "-", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--drain-timeout", "24h"]);
        using TcpClient sends = await BeginPostAsync(server);
        await server.WaitForErrorLineAsync("Loading (standard input)");
        server.Signal(15);
        Assert.That((await server.EndAsync()).ExitCode, Is.EqualTo(143));
    }

    [TestCase(2, 130, TestName = "Serve_that_loads_ends_with_130_on_SIGINT")]
    [TestCase(15, 143, TestName = "Serve_that_loads_ends_with_143_on_SIGTERM")]
    public async Task Serve_that_loads_ends_on_a_signal(int signal, int exitCode)
    {
        using ProcessRun server = ProcessRun.Start(KvTcpProgram.Path, ["serve", "--data", "-", "--listen", "127.0.0.1:0"]);
        await server.Input.WriteAsync(Encoding.UTF8.GetBytes($"{Key} one\n"));
        await server.WaitForErrorLineAsync("Loading (standard input)");
        server.Signal(signal);
        ProcessResult result = await server.EndAsync();
        Assert.That(result.ExitCode, Is.EqualTo(exitCode));
        Assert.That(result.Error, Does.Contain($"Received signal {signal}"));
    }

    [Test]
    public async Task Serve_takes_gzip_from_standard_input_and_listens_on_a_unix_socket()
    {
        string address = "unix:" + _directory.PathOf("k.sock");
        using ProcessRun server = ProcessRun.Start(KvTcpProgram.Path, ["serve", "--data", "-", "--listen", address]);
        using (GZipStream gzip = new(server.Input, CompressionMode.Compress))
        {
            gzip.Write(Encoding.UTF8.GetBytes($"{Key} one\n"));
        }

        Assert.That(await KvTcpProgram.AddressAsync(server), Is.EqualTo(address));
        ProcessResult get = await KvTcpProgram.RunAsync("get", Key, "--server", address);
        Assert.That(get.Output, Is.EqualTo("one\n"), get.Error);
    }

    [Test]
    public async Task Serve_takes_settings_from_environment_and_file()
    {
        _directory.Write("some.data", $"{Key} one\n");
        _directory.Write("appsettings.json", """{ "KvTcp": { "Listen": ["127.0.0.1:0"], "Data": "missing.data", "MaxConnections": 1 } }""");
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["KV_DATA_FILE_PATH"] = "some.data" };
        using ProcessRun server = ProcessRun.Start(KvTcpProgram.Path, ["serve"], _directory.Root, environment);
        IPEndPoint address = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));
        using TcpClient first = new();
        await first.ConnectAsync(address);
        Assert.That(await AskAsync(first, "COUNT\n", 5), Is.EqualTo("OK 1\n"));
        using TcpClient second = new();
        await second.ConnectAsync(address);
        Assert.That(await AskAsync(second, "", 8), Is.EqualTo("ERR BUSY"), "MaxConnections is 1");
    }

    [Test]
    public async Task Serve_warns_of_skipped_lines_and_of_other_machines()
    {
        string data = _directory.Write("some.data", $"bad\n{Key} one\n{Key} two\n");
        using ProcessRun server = ProcessRun.Start(
            KvTcpProgram.Path, ["serve", "--data", data, "--on-bad-line", "skip", "--listen", "0.0.0.0:0"]);
        await KvTcpProgram.AddressAsync(server);
        server.Signal(15);
        ProcessResult result = await server.EndAsync();
        Assert.That(result.Error, Does.Contain($"warn: KvTcp.Server.Reloader[22] Skipped 1 bad lines of 3; the first is {data}:1: "));
        Assert.That(result.Error, Does.Contain("Dropped 1 pairs whose key another pair has; kept the last of each"));
        Assert.That(result.Error, Does.Match("warn: .*0.0.0.0:0 can be reached from other machines"));
    }

    [Test]
    public async Task Serve_with_log_level_none_says_nothing()
    {
        string address = "unix:" + _directory.PathOf("k.sock");
        string data = _directory.Write("some.data", $"{Key} one\n");
        ProcessResult result = await KvTcpProgram.RunInShellAsync(
            $$"""
            "$kvtcp" serve --data "{{data}}" --listen "{{address}}" --log-level none & server=$!
            until "$kvtcp" get {{Key}} --server "{{address}}" 2> /dev/null; do :; done
            kill $server; wait $server
            """,
            _directory.Root);
        Assert.That((result.ExitCode, result.Output, result.Error), Is.EqualTo((0, "one\n", "")));
    }

    [Test]
    public async Task Serve_on_a_port_in_use_ends_with_69()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        string address = listener.LocalEndpoint.ToString()!;
        ProcessResult result = await KvTcpProgram.RunAsync(
            "serve", "--log-level", "error", "--data", _directory.Write("some.data", ""), "--listen", address);
        result.AssertError(69, $"cannot listen on {address}", "in use");
    }

    [Test]
    public async Task Serve_of_bad_data_ends_with_65_and_does_not_listen()
    {
        string data = _directory.Write("some.data", $"{Key} one\n{Key}\n");
        ProcessResult result = await KvTcpProgram.RunAsync("serve", "--log-level", "error", "--data", data, "--listen", "127.0.0.1:0");
        result.AssertError(65, $"{data}:2: ", "--on-bad-line");
    }

    [Test]
    public async Task Serve_of_a_missing_file_ends_with_66()
    {
        ProcessResult result = await ProcessRun.RunAsync(KvTcpProgram.Path, ["serve", "--data", "none.data"], directory: _directory.Root);
        result.AssertError(66, $"none.data does not exist in {_directory.Root}");
    }

    [Test]
    public async Task Serve_of_a_url_answers_from_what_it_downloads()
    {
        await using ObjectStore store = await ObjectStore.StartAsync($"{Key} one\n");
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", store.Url.ToString(), "--refresh", "100ms");
        using (server)
        {
            store.Publish($"{Key} two\n", "\"2\"");
            await server.WaitForErrorLineAsync("Reload: serving dataset ");
            Assert.That((await KvTcpProgram.RunAsync("get", Key, "--server", address)).Output, Is.EqualTo("two\n"));
        }
    }

    [TestCase(404, 66)]
    [TestCase(500, 69)]
    public async Task Serve_of_a_url_that_gives_nothing_says_so_in_one_line(int status, int exitCode)
    {
        await using ObjectStore store = await ObjectStore.StartAsync("");
        store.Misbehave = (_, context) =>
        {
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };
        ProcessResult result = await KvTcpProgram.RunAsync("serve", "--log-level", "none", "--data", store.Url.ToString());
        result.AssertError(exitCode, $"/pairs.data: the server answers {status}", "check the URL");
        Assert.That(result.Error, Does.Not.Contain("secret"));
    }

    [TestCase("--refresh", "some.data", "a URL")]
    [TestCase("--watch", "http://localhost/x", "a file")]
    public async Task Serve_with_an_interval_for_nothing_ends_with_64(string option, string data, string what)
    {
        _directory.Write("some.data", "");
        ProcessResult result = await ProcessRun.RunAsync(KvTcpProgram.Path, ["serve", "--data", data, option, "5s"], directory: _directory.Root);
        result.AssertError(64, $"{option} is of use only with {what} in --data");
    }

    [Test]
    public async Task Serve_of_a_directory_ends_with_66() =>
        (await KvTcpProgram.RunAsync("serve", "--data", _directory.Root)).AssertError(66, _directory.Root, "is a directory");

    /// <summary>A client that sends the beginning of a request over HTTP, whose body the server then waits for.</summary>
    private static async Task<TcpClient> BeginPostAsync(ProcessRun server)
    {
        TcpClient client = new();
        await client.ConnectAsync(IPEndPoint.Parse(await KvTcpProgram.HttpAddressAsync(server)));
        const string Reads = "HTTP/1.1 100";
        string head = "POST /v1/keys HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\nExpect: 100-continue\r\n\r\n";
        Assert.That(await AskAsync(client, head, Reads.Length), Is.EqualTo(Reads));
        return client;
    }

    private static async Task<string> AskAsync(TcpClient client, string requests, int replyLength)
    {
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(requests));
        byte[] reply = new byte[replyLength];
        await stream.ReadExactlyAsync(reply);
        return Encoding.UTF8.GetString(reply);
    }
}
