using KvTcp.Compare;

namespace KvTcp.Benchmarks.Tls;

/// <summary>This server with a second address, where it speaks TLS; the first one stays in the clear. Stateless.</summary>
/// <param name="tlsPort">Where it speaks TLS.</param>
/// <param name="certificate">What it shows there.</param>
/// <param name="transport">Its transport; null for the one that it chooses.</param>
internal sealed class KvTcpTlsPeer(int tlsPort, LoopbackCertificate certificate, string? transport) : KvTcpPeer(transport)
{
    public override PeerCommand Command(PeerLaunch launch)
    {
        PeerCommand plain = base.Command(launch);
        string address = $"127.0.0.1:{launch.Port}";
        return plain with
        {
            // With a certificate, an address means TLS unless it says otherwise.
            Arguments =
            [
                .. plain.Arguments.Select(argument => string.Equals(argument, address, StringComparison.Ordinal) ? $"plain:{address}" : argument),
                "--listen", $"127.0.0.1:{tlsPort}", "--tls-cert", certificate.CertificatePath, "--tls-key", certificate.KeyPath,
            ],
        };
    }
}
