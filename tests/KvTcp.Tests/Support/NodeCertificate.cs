using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KvTcp.Tests.Support;

/// <summary>A certificate for 127.0.0.1 that is signed by itself, in files.</summary>
/// <param name="CertificatePath">The certificate.</param>
/// <param name="KeyPath">Its key.</param>
internal sealed record NodeCertificate(string CertificatePath, string KeyPath)
{
    /// <summary>Makes one that is valid now.</summary>
    public static NodeCertificate Create(TemporaryDirectory directory)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=a node of a test", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return new NodeCertificate(directory.Write("node.crt", certificate.ExportCertificatePem()), directory.Write("node.key", key.ExportPkcs8PrivateKeyPem()));
    }
}
