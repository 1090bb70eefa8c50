using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace KvTcp.Tests.Support;

/// <summary>A client over TLS that speaks in lines. Every wait has a limit, beyond which it fails.</summary>
internal sealed class TlsClient : IDisposable
{
    private readonly LineClient _below;
    private readonly StreamReader _reader;

    private TlsClient(LineClient below, SslStream stream)
    {
        _below = below;
        Stream = stream;
        _reader = new StreamReader(stream, Encoding.Latin1);
    }

    public SslStream Stream { get; }

    /// <summary>Whom the server's certificate is of.</summary>
    public string ServerName => new X509Certificate2(Stream.RemoteCertificate!).GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    /// <summary>Connects and shakes hands.</summary>
    /// <param name="endPoint">Where.</param>
    /// <param name="trusted">Who has to vouch for the server.</param>
    /// <param name="own">The certificate to show, with its key.</param>
    public static async Task<TlsClient> ConnectAsync(EndPoint endPoint, TestAuthority trusted, (string Certificate, string Key)? own = null)
    {
        LineClient below = await LineClient.ConnectAsync(endPoint);
        SslStream stream = new(new System.Net.Sockets.NetworkStream(below.Socket));
        SslClientAuthenticationOptions options = new()
        {
            TargetHost = "127.0.0.1",
            CertificateChainPolicy = trusted.Trust(),
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };
        if (own is (string certificate, string key))
        {
            options.ClientCertificateContext = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificate, key), null, offline: true);
        }

        try
        {
            using CancellationTokenSource limit = new(Patience.Limit);
            await stream.AuthenticateAsClientAsync(options, limit.Token);
            return new TlsClient(below, stream);
        }
        catch
        {
            below.Dispose();
            throw;
        }
    }

    public Task SendAsync(string bytes) => Stream.WriteAsync(ByteText.Bytes(bytes)).AsTask().WaitAsync(Patience.Limit);

    /// <summary>Reads one line; null when the server has closed in order.</summary>
    public Task<string?> ReadLineAsync() => _reader.ReadLineAsync().WaitAsync(Patience.Limit);

    public async Task<string?> AskAsync(string request)
    {
        await SendAsync($"{request}\n");
        return await ReadLineAsync();
    }

    public void Dispose()
    {
        _reader.Dispose();
        _below.Dispose();
    }
}
