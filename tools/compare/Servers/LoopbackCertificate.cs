using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KvTcp.Compare;

/// <summary>A certificate for 127.0.0.1, ECDSA P-256, that is signed by itself and so is its own authority, in files. Immutable.</summary>
/// <param name="CertificatePath">The certificate, as PEM.</param>
/// <param name="KeyPath">Its key, as PEM.</param>
internal sealed record LoopbackCertificate(string CertificatePath, string KeyPath)
{
    /// <summary>Makes one that is valid from a day ago until a day from now.</summary>
    /// <param name="folder">Where the files are written.</param>
    public static LoopbackCertificate Create(string folder)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=KvTcp on this machine", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        LoopbackCertificate files = new(Path.Combine(folder, "loopback.crt"), Path.Combine(folder, "loopback.key"));
        File.WriteAllText(files.CertificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(files.KeyPath, key.ExportPkcs8PrivateKeyPem());
        return files;
    }
}
