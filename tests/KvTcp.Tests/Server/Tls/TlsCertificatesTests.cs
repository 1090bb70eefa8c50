using System.Security.Cryptography.X509Certificates;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Tls;

/// <summary>Certificates that cannot be used, at the start and while the server runs.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
public class TlsCertificatesTests
{
    private TemporaryDirectory _directory = null!;
    private TestAuthority _authority = null!;
    private ServerFiles _files = null!;

    [SetUp]
    public void Issue()
    {
        _directory = new TemporaryDirectory();
        _authority = new TestAuthority();
        _files = new ServerFiles(_directory, _authority).Write("first");
    }

    [TearDown]
    public void Remove()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [TestCase("expired", "valid from", false)]
    [TestCase("mismatched", "does not hold the key of", false)]
    [TestCase("half certificate", "holds no certificate", false)]
    [TestCase("half key", "does not hold the key of", false)]
    [TestCase("empty", "holds no certificate", false)]
    [TestCase("garbage", "damaged", false)]
    [TestCase("missing certificate", "cannot be read", true)]
    [TestCase("missing key", "cannot be read", true)]
    [TestCase("half authority", "holds no certificate", false)]
    [TestCase("half chain", "holds only 1 whole of 2 certificates", false)]
    [TestCase("damaged chain", "holds only 1 whole of 2 certificates", false)]
    [TestCase("half of the authorities", "holds only 1 whole of 2 certificates", false)]
    public void Bad_files_are_refused_with_the_reason_and_the_old_certificate_goes_on(string how, string reason, bool isUnreadable)
    {
        TlsCertificates certificates = _files.Load(_authority);
        object before = certificates.Current;
        Spoil(how);

        CredentialException refused = Assert.Throws<CredentialException>(() => certificates.Load())!;
        Assert.That(refused.Message, Does.Contain(reason).And.Contain(_directory.Root));
        Assert.That(refused.IsUnreadable, Is.EqualTo(isUnreadable));
        Assert.That(certificates.Current, Is.SameAs(before));
        Assert.That(
            () => TlsCertificates.Load(_files.Certificate, _files.Key, _files.ClientAuthority), Throws.TypeOf<CredentialException>().With.Message.EqualTo(refused.Message),
            "a server does not start with them");
    }

    [Test]
    public void Certificates_of_clients_have_the_server_ask_nobody()
    {
        X509ChainPolicy policy = _files.Load(_authority).Current.CertificateChainPolicy!;
        Assert.That((policy.DisableCertificateDownloads, policy.RevocationMode), Is.EqualTo((true, X509RevocationMode.NoCheck)));
    }

    [Test]
    public void Good_files_are_taken_over_and_the_same_ones_are_no_change()
    {
        TlsCertificates certificates = _files.Load();
        Assert.That(certificates.Load(), Is.False);
        object before = certificates.Current;
        _files.Write("second");
        Assert.That(certificates.Load(), Is.True);
        Assert.That(certificates.Current, Is.Not.SameAs(before));
        Assert.That(certificates.Description, Does.Contain("CN=second"));
    }

    [Test]
    public void Certificate_with_those_above_it_is_taken_whole()
    {
        File.AppendAllText(_files.Certificate, "between the two\n" + _authority.Pem);
        Assert.That(_files.Load().Description, Does.Contain("CN=first"));
    }

    private void Spoil(string how)
    {
        switch (how)
        {
            case "expired":
                _files.Write("old", days: -1);
                break;
            case "mismatched":
                _directory.Write("server.key", _authority.Issue("another").Key);
                break;
            case "half certificate":
                Halve(_files.Certificate);
                break;
            case "half key":
                Halve(_files.Key);
                break;
            case "half authority":
                Halve(_files.ClientAuthority);
                break;
            case "half chain":
                File.AppendAllText(_files.Certificate, _authority.Pem[..(_authority.Pem.Length / 2)]);
                break;
            case "damaged chain":
                File.AppendAllText(_files.Certificate, _authority.Pem.Replace("MII", "M??", StringComparison.Ordinal));
                break;
            case "half of the authorities":
                File.AppendAllText(_files.ClientAuthority, '\n' + _authority.Pem[..(_authority.Pem.Length / 2)]);
                break;
            case "empty":
                _directory.Write("server.crt", "");
                break;
            case "garbage":
                _directory.Write("server.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
                break;
            case "missing certificate":
                File.Delete(_files.Certificate);
                break;
            default:
                File.Delete(_files.Key);
                break;
        }
    }

    private static void Halve(string path)
    {
        string text = File.ReadAllText(path);
        File.WriteAllText(path, text[..(text.Length / 2)]);
    }
}
