using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using KvTcp.Compare;

namespace KvTcp.Soak;

/// <summary>The certificates that a server has had, one after another, in files that it watches. Thread-safe but for what publishes.</summary>
/// <param name="folder">Where the files are.</param>
internal sealed class SoakCertificates(string folder)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, bool> _thumbprints = [];
    private string _last = "";

    /// <summary>The certificate's file.</summary>
    public string CertificatePath => Path.Combine(folder, "soak.crt");

    /// <summary>The key's file.</summary>
    public string KeyPath => Path.Combine(folder, "soak.key");

    /// <summary>Makes another one, for 127.0.0.1 and signed by itself, and puts it where the last one was: for a moment the key is not the certificate's.</summary>
    public void Publish()
    {
        LoopbackCertificate made = LoopbackCertificate.Create(folder);
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(made.CertificatePath);
        _last = certificate.Thumbprint;
        _thumbprints[_last] = true;
        File.Move(made.KeyPath, KeyPath, overwrite: true);
        File.Move(made.CertificatePath, CertificatePath, overwrite: true);
    }

    /// <summary>What a client asks of the server: any of these.</summary>
    /// <param name="host">Where it connects.</param>
    public SslClientAuthenticationOptions Trust(string host) => new()
    {
        TargetHost = host,
        RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null && _thumbprints.ContainsKey(shown.GetCertHashString()),
    };

    /// <summary>Waits until the server shows the last one.</summary>
    /// <param name="server">Where it speaks TLS.</param>
    /// <param name="limit">How long that may take.</param>
    /// <returns>Whether it did.</returns>
    public async Task<bool> IsShownAsync(EndPoint server, TimeSpan limit)
    {
        using CancellationTokenSource stop = new(limit);
        try
        {
            while (!string.Equals(await ShownAsync(server, stop.Token), _last, StringComparison.Ordinal))
            {
                await Task.Delay(LookInterval, stop.Token);
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<string> ShownAsync(EndPoint server, CancellationToken stop)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, stop);
        await using SslStream stream = new(new NetworkStream(socket));

        // A session that is resumed shows nothing new.
        SslClientAuthenticationOptions options = Trust($"{((IPEndPoint)server).Address}");
        options.AllowTlsResume = false;
        await stream.AuthenticateAsClientAsync(options, stop);
        return stream.RemoteCertificate!.GetCertHashString();
    }
}
