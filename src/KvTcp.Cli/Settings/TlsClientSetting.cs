using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KvTcp.Cli;

/// <summary>How a client speaks TLS. Immutable.</summary>
/// <param name="Authority">Who has to vouch for the server: a file; null for those that the system trusts.</param>
/// <param name="Certificate">What to show to the server: a file, which <paramref name="Key"/> goes with; null for nothing.</param>
/// <param name="Key">The key of that.</param>
internal sealed record TlsClientSetting(string? Authority, string? Certificate, string? Key)
{
    /// <summary>Finds it.</summary>
    /// <param name="settings">Where it stands.</param>
    /// <returns>It; null for no TLS.</returns>
    /// <exception cref="CommandException">Settings do not go together.</exception>
    public static TlsClientSetting? Resolve(SettingSources settings) => Resolve(
        settings.Get(KnownSettings.Tls, false),
        settings.Get(KnownSettings.TlsAuthority, null!),
        settings.Get(KnownSettings.TlsClientCertificate, null!),
        settings.Get(KnownSettings.TlsClientKey, null!));

    /// <summary>Checks what was given.</summary>
    /// <param name="isWanted">Whether TLS is to be spoken.</param>
    /// <param name="authority">Who has to vouch for the server, if it is told.</param>
    /// <param name="certificate">What to show to the server, if anything.</param>
    /// <param name="key">The key of that.</param>
    /// <returns>It; null for no TLS.</returns>
    /// <exception cref="CommandException">Settings do not go together.</exception>
    public static TlsClientSetting? Resolve(bool isWanted, string? authority, string? certificate, string? key)
    {
        if ((certificate is null) != (key is null))
        {
            throw new CommandException(ExitCode.Usage, "--tls-client-cert and --tls-client-key go together; give both of them, or neither");
        }

        return isWanted || (authority is null && certificate is null)
            ? isWanted ? new TlsClientSetting(authority, certificate, key) : null
            : throw new CommandException(ExitCode.Usage, "--tls-ca and --tls-client-cert need --tls");
    }

    /// <summary>The options for a server.</summary>
    /// <returns>Makes them for the host that the certificate has to name.</returns>
    /// <exception cref="CommandException">A file cannot be used.</exception>
    public Func<string, SslClientAuthenticationOptions> ToOptions()
    {
        X509ChainPolicy? policy = Authority is null ? null : Trust(Authority);
        SslStreamCertificateContext? shown = Certificate is null ? null : Shown(Certificate, Key!);
        return host => new SslClientAuthenticationOptions { TargetHost = host, CertificateChainPolicy = policy, ClientCertificateContext = shown };
    }

    private static X509ChainPolicy Trust(string path)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        Using(path, () => policy.CustomTrustStore.ImportFromPemFile(path));
        return policy.CustomTrustStore.Count > 0
            ? policy
            : throw new CommandException(ExitCode.BadData, $"{path} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
    }

    private static SslStreamCertificateContext Shown(string path, string keyPath)
    {
        X509Certificate2Collection chain = [];
        X509Certificate2? certificate = null;
        Using(path, () =>
        {
            chain.ImportFromPemFile(path);
            certificate = X509Certificate2.CreateFromPemFile(path, keyPath);
        });
        return SslStreamCertificateContext.Create(certificate!, chain, offline: true);
    }

    private static void Using(string path, Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.NoInput, $"{path} cannot be read: {e.Message.TrimEnd('.')}", e);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CommandException(ExitCode.BadData, $"{path} cannot be used: {e.Message.TrimEnd('.')}", e);
        }
    }
}
