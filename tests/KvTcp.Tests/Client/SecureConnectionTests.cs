using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using KvTcp.Client;
using KvTcp.Protocol;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

/// <summary>TLS and AUTH.</summary>
public sealed class SecureConnectionTests
{
    [TestCase(null)]
    [TestCase("s3cret")]
    public async Task Tls_carries_requests_to_a_server_whose_certificate_is_accepted(string? token)
    {
        using ScriptedServer server = new();
        using X509Certificate2 certificate = SelfSigned();
        string? asked = null;
        Task<string> serving = ServeAsync(server, certificate, "OK secret\n", isAsked: token is not null);
        await using KvClient client = await KvClient.ConnectAsync(server.Options with
        {
            AuthToken = token,
            Tls = host => new SslClientAuthenticationOptions
            {
                TargetHost = host,
                RemoteCertificateValidationCallback = (_, received, _, _) =>
                {
                    asked = host;
                    return string.Equals(received!.GetCertHashString(), certificate.GetCertHashString(), StringComparison.Ordinal);
                },
            },
        });
        Assert.That(await client.GetStringAsync(TestDataset.Key(0)), Is.EqualTo("secret"));
        Assert.That(asked, Is.EqualTo("127.0.0.1"));
        Assert.That(await serving, Is.EqualTo(token is null ? $"GET {TestDataset.Key(0)}" : $"AUTH {token}, GET {TestDataset.Key(0)}"));
    }

    [Test]
    public async Task Certificate_that_nobody_vouches_for_is_refused()
    {
        using ScriptedServer server = new();
        using X509Certificate2 certificate = SelfSigned();
        Task<string> serving = ServeAsync(server, certificate, "OK secret\n");
        Assert.That(
            async () => await KvClient.ConnectAsync(
                server.Options with { Tls = static host => new SslClientAuthenticationOptions { TargetHost = host } }),
            Throws.TypeOf<KvConnectionException>().With.Message.Contains("TLS failed").And.InnerException.InstanceOf<AuthenticationException>());
        await Task.WhenAny(serving);
        Assert.That(serving.IsFaulted || (await serving).Length == 0, Is.True, "it is sent no request");
    }

    [Test]
    public async Task Token_is_sent_before_the_first_request()
    {
        using ScriptedServer server = new();
        Task<LineClient> accept = server.AcceptAsync();
        Task<KvClient> connect = KvClient.ConnectAsync(server.Options with { AuthToken = "s3cret" });
        using LineClient connection = await accept;
        Assert.That(await connection.ReadLineAsync(), Is.EqualTo("AUTH s3cret"));
        await connection.SendAsync("O");
        await connection.SendAsync("K\n");
        await using KvClient client = await connect;
        Task<string?> request = client.GetStringAsync(TestDataset.Key(0)).AsTask();
        await connection.ReadLineAsync();
        await connection.SendAsync("OK a\n");
        Assert.That(await request, Is.EqualTo("a"));
    }

    [Test]
    public async Task Restarted_server_is_shaken_hands_with_and_told_the_token_again()
    {
        using TemporaryDirectory directory = new();
        using TestAuthority authority = new();
        ServerFiles files = new ServerFiles(directory, authority).Write("first");
        RunningServer first = await StartAsync("127.0.0.1:0", "one");
        int port = ((IPEndPoint)first.EndPoint).Port;
        await using KvClient client = await KvClient.ConnectAsync(ScriptedServer.Fast with
        {
            Servers = [KvServerAddress.Parse($"127.0.0.1:{port}")],
            AuthToken = "s3cret",
            Tls = host => new SslClientAuthenticationOptions { TargetHost = host, CertificateChainPolicy = authority.Trust() },
        });
        Assert.That(await client.GetStringAsync(TestDataset.Key(0)), Is.EqualTo("one"));
        await first.DisposeAsync();
        files.Write("second");
        await using RunningServer second = await StartAsync($"127.0.0.1:{port}", "two");
        await Patience.UntilAsync(async () => await TryGetAsync(client) is "two", "the client has found the server again");

        Task<RunningServer> StartAsync(string listen, string value) => RunningServer.StartAsync(
            new ServerOptions { Tls = files.Load(), AuthToken = new TokenGuard(AuthToken.TryCreate("s3cret")!) }, TestDataset.WithValues(value), listen);
    }

    [TestCase("ERR WRONGPASS no\n", ErrorCode.WrongPass)]
    [TestCase("ERR REFUSED no token is set\n", ErrorCode.Refused)]
    public void Refused_token_fails_Connect(string reply, ErrorCode code) =>
        Assert.That(() => AuthenticateAsync(reply), Throws.TypeOf<KvServerException>().With.Property("Code").EqualTo(code));

    [TestCase("220 smtp.example.org\n", "what is no reply")]
    [TestCase("", "closed the connection instead of answering AUTH; it may speak TLS")]
    public void Server_of_another_kind_fails_Connect(string reply, string message) =>
        Assert.That(() => AuthenticateAsync(reply), Throws.InstanceOf<KvConnectionException>().With.Message.Contains(message));

    private static async Task<string?> TryGetAsync(KvClient client)
    {
        try
        {
            return await client.GetStringAsync(TestDataset.Key(0));
        }
        catch (KvConnectionException)
        {
            return null;
        }
    }

    private static async Task AuthenticateAsync(string reply)
    {
        using ScriptedServer server = new();
        Task<KvClient> connect = KvClient.ConnectAsync(server.Options with { AuthToken = "s3cret" });
        using (LineClient connection = await server.AcceptAsync())
        {
            await connection.ReadLineAsync();
            await connection.SendAsync(reply);
        }

        await connect;
    }

    /// <summary>Answers the first line, after AUTH when that is asked.</summary>
    /// <returns>The lines; nothing when the client goes without one.</returns>
    private static async Task<string> ServeAsync(ScriptedServer server, X509Certificate2 certificate, string reply, bool isAsked = false)
    {
        using LineClient connection = await server.AcceptAsync();
        await using SslStream stream = new(new NetworkStream(connection.Socket));
        await stream.AuthenticateAsServerAsync(certificate);
        using StreamReader reader = new(stream, Encoding.ASCII);
        string? request = await reader.ReadLineAsync();
        if (isAsked)
        {
            await stream.WriteAsync("OK\n"u8.ToArray());
            request = $"{request}, {await reader.ReadLineAsync()}";
        }

        if (request is not null)
        {
            await stream.WriteAsync(ByteText.Bytes(reply));
        }

        return request ?? "";
    }

    private static X509Certificate2 SelfSigned()
    {
        using ECDsa key = ECDsa.Create();
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
