using KvTcp.Server;

namespace KvTcp.Tests.Support;

/// <summary>A certificate and its key in files, as a server is given them.</summary>
/// <param name="directory">Where they lie.</param>
/// <param name="authority">Who issues them.</param>
internal sealed class ServerFiles(TemporaryDirectory directory, TestAuthority authority)
{
    public string Certificate => directory.PathOf("server.crt");

    public string Key => directory.PathOf("server.key");

    public string ClientAuthority => directory.PathOf("clients.crt");

    /// <summary>Writes a new pair.</summary>
    /// <param name="name">Whom the certificate is of.</param>
    /// <param name="days">How many days after today it expires.</param>
    public ServerFiles Write(string name, int days = 1)
    {
        (string certificate, string key) = authority.Issue(name, days: days);
        directory.Write("server.key", key);
        directory.Write("server.crt", certificate);
        return this;
    }

    /// <summary>Loads them.</summary>
    /// <param name="clients">Who vouches for clients; null for clients without certificates.</param>
    public TlsCertificates Load(TestAuthority? clients = null) =>
        TlsCertificates.Load(Certificate, Key, clients is null ? null : directory.Write("clients.crt", clients.Pem));
}
