using System.Net.Security;
using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Clients of other protocols on the wrong port get one clear answer, or none, and a close.</summary>
[Parallelizable(ParallelScope.All)]
public class OtherProtocolTests(TransportKind transport) : EveryTransport(transport)
{
    [Test]
    public async Task Http_request_gets_one_error_and_a_close(
        [Values("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH")] string method,
        [Values("1.0", "1.1")] string version)
    {
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync($"{method} /v1/keys?x=y HTTP/{version}\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nPING\n");
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That(text, Does.Match("^ERR HTTP [^\n]+\n$"));
        Assert.That(text, Does.Not.Contain("keys"), "input is never echoed");
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
    }

    [Test]
    public async Task Http_client_fails_at_once()
    {
        await using RunningServer server = await StartAsync();
        using HttpClient client = new() { Timeout = Patience.Limit };
        Uri uri = new($"http://{server.EndPoint}/");
        Assert.That(async () => await client.GetAsync(uri), Throws.InstanceOf<HttpRequestException>());
    }

    [TestCase("1603010200010001fc0303", Description = "TLS 1.0 record version, as most clients send")]
    [TestCase("160303", Description = "TLS 1.2 record version")]
    [TestCase("16030a0a0a", Description = "with line feeds, which are no line ends here")]
    [TestCase("1603", Description = "the two bytes that decide")]
    public async Task Tls_bytes_get_a_close_without_a_reply(string hexadecimal)
    {
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync(Convert.FromHexString(hexadecimal));
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo(("", ConnectionEnd.Closed)));
    }

    [Test]
    public async Task Tls_client_fails_at_once()
    {
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        await using SslStream tls = new(new NetworkStream(client.Socket));
        Assert.That(
            async () => await tls.AuthenticateAsClientAsync("localhost").WaitAsync(Patience.Limit), Throws.InstanceOf<IOException>());
        Assert.That((await server.StatsAsync())["requests"], Is.EqualTo("1"), "STATS itself");
    }

    [Test]
    public async Task Random_garbage_is_answered_as_the_model_says()
    {
        await using RunningServer server = await StartAsync();
        Random random = new(1);
        for (int i = 0; i < 50; i++)
        {
            byte[] garbage = new byte[random.Next(1, 5_000)];
            random.NextBytes(garbage);
            using LineClient client = await server.ConnectAsync();
            await client.SendAsync(garbage);
            client.EndSending();
            ModelAnswer expected = ProtocolModel.Answer(server.Data, new(), garbage, ends: true);
            (string text, ConnectionEnd end) = await client.ReadToEndAsync();
            Assert.That(ProtocolModel.WithoutErrorTexts(text), Is.EqualTo(expected.Replies));
            Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
        }
    }
}
