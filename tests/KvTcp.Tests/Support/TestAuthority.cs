using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KvTcp.Tests.Support;

/// <summary>An authority that certificates of tests come from.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UtcNow.AddDays(-10);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private long _serial;

    public TestAuthority(string name = "an authority of a test")
    {
        CertificateRequest request = new($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _certificate = request.CreateSelfSigned(Start, Start.AddDays(30));
    }

    /// <summary>Its own certificate, which whoever trusts it has.</summary>
    public string Pem => _certificate.ExportCertificatePem();

    /// <summary>Issues a certificate.</summary>
    /// <param name="name">Whose.</param>
    /// <param name="forClient">Whether it is a client's; otherwise it is a server's at 127.0.0.1 and localhost.</param>
    /// <param name="days">How many days after today it expires.</param>
    public (string Certificate, string Key) Issue(string name, bool forClient = false, int days = 1)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid(forClient ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1")], critical: false));
        if (!forClient)
        {
            SubjectAlternativeNameBuilder names = new();
            names.AddIpAddress(IPAddress.Loopback);
            names.AddDnsName("localhost");
            request.CertificateExtensions.Add(names.Build());
        }

        using X509Certificate2 issued = request.Create(
            _certificate, Start.AddDays(1), DateTimeOffset.UtcNow.AddDays(days), BitConverter.GetBytes(++_serial));
        return (issued.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>What a client that trusts it asks of a server.</summary>
    public X509ChainPolicy Trust() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { _certificate },
        RevocationMode = X509RevocationMode.NoCheck,
    };

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }
}
