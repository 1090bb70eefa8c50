using System.Net;
using System.Net.Sockets;
using System.Text;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

/// <summary><c>kvtcp serve</c> with HTTP, and <c>kvtcp healthcheck</c>, as processes.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class HttpServeTests : IDisposable
{
    private const int SigTerm = 15;

    private readonly TemporaryDirectory _directory = new();
    private readonly TcpListener _other = new(IPAddress.Loopback, 0);

    private string Data => _directory.Write("some.data", $"{TestDataset.Key(0)} one\n");

    public void Dispose()
    {
        _other.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task Http_port_in_use_ends_with_69_before_the_line_port_is_open()
    {
        _other.Start();
        string unix = _directory.PathOf("k.sock");
        string address = _other.LocalEndpoint.ToString()!;
        ProcessResult result = await KvTcpProgram.RunAsync("serve", "--log-level", "error", "--data", Data, "--listen", $"unix:{unix}", "--http", address);
        result.AssertError(69, $"cannot listen on {address}", "the address is in use", "--http");
        Assert.That(unix, Does.Not.Exist);
    }

    [TestCase("203.0.113.7:0", 69, Description = "an address that this machine does not have")]
    [TestCase("nonsense", 64)]
    [TestCase("127.0.0.1:99999", 64)]
    public async Task Wrong_http_address_ends_with_its_code(string address, int exitCode) =>
        (await KvTcpProgram.RunAsync("serve", "--log-level", "error", "--data", Data, "--listen", "127.0.0.1:0", "--http", address))
            .AssertError(exitCode, address);

    [TestCase("--http-host", "http://x")]
    [TestCase("--http-origin", "example.org")]
    [TestCase("--http-origin", "https://example.org/path")]
    [TestCase("--http-rate-limit", "-1")]
    [TestCase("--http-max-body", "1")]
    [TestCase("--otlp-endpoint", "localhost:4318")]
    public async Task Wrong_value_ends_with_64(string option, string value) =>
        (await KvTcpProgram.RunAsync("serve", "--data", Data, option, value)).AssertError(64, option);

    [Test]
    public async Task Line_port_in_use_ends_with_69_and_http_is_gone()
    {
        _other.Start();
        string unix = _directory.PathOf("h.sock");
        ProcessResult result = await KvTcpProgram.RunAsync(
            "serve", "--log-level", "error", "--data", Data, "--listen", _other.LocalEndpoint.ToString()!, "--http", $"unix:{unix}");
        result.AssertError(69, "--listen");
    }

    [Test]
    public async Task Health_is_told_while_loading_serving_and_after_the_end()
    {
        string address = $"unix:{_directory.PathOf("h.sock")}";
        using ProcessRun server = ProcessRun.Start(
            KvTcpProgram.Path, ["serve", "--data", "-", "--listen", $"unix:{_directory.PathOf("k.sock")}", "--http", address]);
        await KvTcpProgram.HttpAddressAsync(server);
        (await KvTcpProgram.RunAsync("healthcheck", "--http", address)).AssertError(1, $"{address} is not ready: loading: no dataset is loaded");
        await server.Input.WriteAsync(Encoding.ASCII.GetBytes($"{TestDataset.Key(0)} one\n"));
        server.EndInput();
        await KvTcpProgram.AddressAsync(server);
        ProcessResult ready = await KvTcpProgram.RunAsync("healthcheck", "--http", address);
        Assert.That((ready.ExitCode, ready.Output, ready.Error), Is.EqualTo((0, "ready\n", "")));
        ProcessResult ping = await KvTcpProgram.RunAsync("healthcheck", "--http", "off", "--server", $"unix:{_directory.PathOf("k.sock")}");
        Assert.That((ping.ExitCode, ping.Output, ping.Error), Is.EqualTo((0, "ready\n", "")));
        server.Signal(SigTerm);
        Assert.That((await server.EndAsync()).ExitCode, Is.Zero);
        (await KvTcpProgram.RunAsync("healthcheck", "--http", address)).AssertError(69, $"{address} does not tell its health");
        Assert.That(_directory.PathOf("h.sock"), Does.Not.Exist);
    }

    [Test]
    public async Task Healthcheck_of_a_silent_listener_ends_with_69()
    {
        _other.Start();
        string address = _other.LocalEndpoint.ToString()!;
        ProcessResult[] results = await Task.WhenAll(
            KvTcpProgram.RunAsync("healthcheck", "--server", address), KvTcpProgram.RunAsync("healthcheck", "--http", address));
        foreach (ProcessResult result in results)
        {
            result.AssertError(69, $"{address} does not tell its health: no answer in 5 s");
        }
    }

    [TestCase(200, """{"status":"ready","dataset_id":"0123456789abcdef"}""", 0, "")]
    [TestCase(503, """{"status":"loading","reason":"no dataset is loaded"}""", 1, "is not ready: loading: no dataset is loaded")]
    [TestCase(503, """{"status":"ready"}""", 69, "with HTTP 503, is no answer of a KvTcp server")]
    [TestCase(503, """{"status":1}""", 69, "with HTTP 503, is no answer of a KvTcp server")]
    [TestCase(503, """{"a":1}""", 69, "with HTTP 503, is no answer of a KvTcp server")]
    [TestCase(503, "[]", 69, "with HTTP 503, is no answer of a KvTcp server")]
    [TestCase(503, "nonsense", 69, "with HTTP 503, is no answer of a KvTcp server")]
    [TestCase(503, """{"status":"\ud800"}""", 69, "with HTTP 503, is no answer of a KvTcp server", Description = "half a character")]
    [TestCase(200, """{"status":"live"}""", 69, "with HTTP 200, is no answer of a KvTcp server")]
    [TestCase(200, """{"a":1}""", 69, "with HTTP 200, is no answer of a KvTcp server")]
    [TestCase(404, """{"title":"Not Found","status":404}""", 69, "with HTTP 404, is no answer of a KvTcp server")]
    public async Task Healthcheck_takes_only_what_a_server_tells_of_its_health(int status, string body, int exitCode, string error)
    {
        using StubServer server = new(async stream =>
        {
            await stream.ReadExactlyAsync(new byte[1]);
            await stream.WriteAsync(ByteText.Bytes($"HTTP/1.1 {status} x\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
            await stream.CopyToAsync(Stream.Null);
        });
        ProcessResult result = await KvTcpProgram.RunAsync("healthcheck", "--http", server.EndPoint.ToString()!);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((exitCode, exitCode == 0 ? "ready\n" : "")), result.Error);
        Assert.That(result.Error, Does.Contain(error));
    }

    [Test]
    public async Task Help_of_healthcheck_tells_what_it_does_with_the_address_of_http() =>
        Assert.That((await KvTcpProgram.RunAsync("healthcheck", "--help")).Output, Does.Match(@"is\s+asked\s+for\s+/health/ready;").And.Not.Contain("Where to offer"));

    [Test]
    public async Task Metrics_are_sent_to_a_collector_at_the_latest_when_the_server_ends()
    {
        await using CollectorStub collector = new();
        using ProcessRun server = ProcessRun.Start(
            KvTcpProgram.Path,
            ["serve", "--data", Data, "--listen", "127.0.0.1:0"],
            environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Url });
        await KvTcpProgram.AddressAsync(server);
        server.Signal(SigTerm);
        (string path, string type, string body) = await collector.FirstAsync().WaitAsync(Patience.Limit);
        Assert.That((path, type), Is.EqualTo(("/v1/metrics", "application/x-protobuf")));
        Assert.That(body, Does.Contain("kvtcp.requests").And.Contain("kvtcp.dataset.keys").And.Contain("kvtcp.request.duration").Or.Contain("kvtcp.keys"));
        Assert.That((await server.EndAsync()).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Collector_that_is_not_there_does_not_hold_up_the_end()
    {
        using ProcessRun server = ProcessRun.Start(
            KvTcpProgram.Path, ["serve", "--data", Data, "--listen", "127.0.0.1:0", "--otlp-endpoint", "http://127.0.0.1:1"]);
        await KvTcpProgram.AddressAsync(server);
        server.Signal(SigTerm);
        Assert.That((await server.EndAsync()).ExitCode, Is.Zero);
    }
}
