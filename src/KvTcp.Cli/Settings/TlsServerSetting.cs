using KvTcp.Server;

namespace KvTcp.Cli;

/// <summary>The certificates of a server.</summary>
internal static class TlsServerSetting
{
    /// <summary>Loads them.</summary>
    /// <param name="settings">Where the files are named.</param>
    /// <returns>The certificates; null for no TLS.</returns>
    /// <exception cref="CommandException">A file is named without another.</exception>
    /// <exception cref="CredentialException">The files cannot be used.</exception>
    public static TlsCertificates? Load(SettingSources settings)
    {
        string certificate = settings.Get(KnownSettings.TlsCertificate, "");
        string key = settings.Get(KnownSettings.TlsKey, "");
        string authority = settings.Get(KnownSettings.TlsClientAuthority, "");
        if ((certificate.Length > 0) != (key.Length > 0))
        {
            throw new CommandException(ExitCode.Usage, "--tls-cert and --tls-key go together; give both of them, or neither");
        }

        if (certificate.Length == 0)
        {
            return authority.Length == 0
                ? null
                : throw new CommandException(ExitCode.Usage, "--tls-client-ca needs TLS; give --tls-cert and --tls-key too");
        }

        return TlsCertificates.Load(certificate, key, authority.Length > 0 ? authority : null);
    }
}
