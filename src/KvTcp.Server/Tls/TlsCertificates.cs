using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KvTcp.Server;

/// <summary>
/// The certificate that the server shows over TLS, with its key, and who signs the certificates that clients have to show. They can be
/// loaded again: each handshake takes what is current, and connections that stand are not touched. Thread-safe.
/// </summary>
public sealed class TlsCertificates : CredentialFiles
{
    private const string CertificateBegin = "-----BEGIN CERTIFICATE-----";

    // id-kp-clientAuth, RFC 5280 section 4.2.1.12
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    private readonly string _certificatePath;
    private readonly string _keyPath;
    private readonly string? _clientCaPath;
    private volatile Loaded _current;

    private TlsCertificates(string certificatePath, string keyPath, string? clientCaPath)
    {
        _certificatePath = certificatePath;
        _keyPath = keyPath;
        _clientCaPath = clientCaPath;
        Paths = clientCaPath is null ? [certificatePath, keyPath] : [certificatePath, keyPath, clientCaPath];
        _current = LoadFiles();
    }

    /// <summary>When the current certificate expires, in UTC.</summary>
    public DateTime Expires => _current.Certificate.NotAfter.ToUniversalTime();

    /// <summary>How to shake hands now.</summary>
    internal SslServerAuthenticationOptions Current => _current.Options;

    /// <inheritdoc/>
    internal override IReadOnlyList<string> Paths { get; }

    /// <inheritdoc/>
    internal override string Description =>
        $"the certificate of {_certificatePath}: {_current.Certificate.Subject}, valid until {Expires:yyyy-MM-ddTHH:mm:ssZ}";

    /// <summary>Loads certificates from PEM files.</summary>
    /// <param name="certificatePath">The certificate, and behind it those between it and its root, if any.</param>
    /// <param name="keyPath">Its key, not encrypted.</param>
    /// <param name="clientCaPath">Who signs the certificates of clients; null for clients without certificates.</param>
    /// <exception cref="CredentialException">A file cannot be read, is damaged, has expired, or does not fit another.</exception>
    public static TlsCertificates Load(string certificatePath, string keyPath, string? clientCaPath) => new(certificatePath, keyPath, clientCaPath);

    /// <inheritdoc/>
    internal override bool Load()
    {
        Loaded before = _current;
        _current = LoadFiles();
        return !_current.IsSameAs(before);
    }

    private Loaded LoadFiles()
    {
        string certificates = Read(_certificatePath);
        string key = Read(_keyPath);
        string? clientCa = _clientCaPath is null ? null : Read(_clientCaPath);
        X509Certificate2Collection chain = Parse(certificates, _certificatePath);
        X509Certificate2 certificate = WithKey(certificates, key);
        ThrowUnlessValidNow(certificate);
        SslServerAuthenticationOptions options = new()
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
        };
        if (clientCa is not null)
        {
            options.ClientCertificateRequired = true;
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,

                // A client's certificate names where that of its issuer lies: nobody may have the server ask there.
                DisableCertificateDownloads = true,
                ApplicationPolicy = { ClientAuthentication },
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(Parse(clientCa, _clientCaPath!));
        }

        return new Loaded(certificate, options, certificates + clientCa);
    }

    private static X509Certificate2Collection Parse(string pem, string path)
    {
        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new CredentialException($"{path} holds a damaged certificate: {e.Message.TrimEnd('.')}", isUnreadable: false, e);
        }

        // .NET passes over what is not whole.
        int begun = pem.AsSpan().Count(CertificateBegin);
        if (certificates.Count == 0 || certificates.Count < begun)
        {
            string what = begun > 1 ? $"only {certificates.Count} whole of {begun} certificates" : "no certificate";
            throw new CredentialException($"{path} holds {what} in PEM ({CertificateBegin}), or half of one", isUnreadable: false);
        }

        return certificates;
    }

    private X509Certificate2 WithKey(string certificates, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificates, key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            throw new CredentialException(
                $"{_keyPath} does not hold the key of {_certificatePath} in PEM, not encrypted: {e.Message.TrimEnd('.')}", isUnreadable: false, e);
        }
    }

    private void ThrowUnlessValidNow(X509Certificate2 certificate)
    {
        DateTime now = DateTime.UtcNow;
        DateTime from = certificate.NotBefore.ToUniversalTime();
        DateTime until = certificate.NotAfter.ToUniversalTime();
        if (now < from || now > until)
        {
            throw new CredentialException(
                $"{_certificatePath} is valid from {from:yyyy-MM-ddTHH:mm:ssZ} to {until:yyyy-MM-ddTHH:mm:ssZ}, not now",
                isUnreadable: false);
        }
    }

    /// <summary>Certificates in use. The handshakes that have them go on when others take their place.</summary>
    private sealed record Loaded(X509Certificate2 Certificate, SslServerAuthenticationOptions Options, string Pem)
    {
        public bool IsSameAs(Loaded other) => string.Equals(Pem, other.Pem, StringComparison.Ordinal);
    }
}
