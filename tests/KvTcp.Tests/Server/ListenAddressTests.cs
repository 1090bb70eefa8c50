using System.Net;
using System.Net.Sockets;
using KvTcp.Server;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

[TestFixture]
public class ListenAddressTests
{
    [TestCase("127.0.0.1:7878", "127.0.0.1:7878", false)]
    [TestCase("127.0.0.1:0", "127.0.0.1:0", false, Description = "the system chooses the port")]
    [TestCase("127.1.2.3:65535", "127.1.2.3:65535", false, Description = "all of 127/8 is loopback; the largest port")]
    [TestCase("0.0.0.0:1", "0.0.0.0:1", true)]
    [TestCase("192.0.2.7:7878", "192.0.2.7:7878", true)]
    [TestCase("[::1]:7878", "[::1]:7878", false)]
    [TestCase("[::]:7878", "[::]:7878", true)]
    [TestCase("[2001:db8::7]:7878", "[2001:db8::7]:7878", true)]
    [TestCase("localhost:7878", "127.0.0.1:7878 [::1]:7878", false, Description = "both loopback addresses")]
    [TestCase("*:7878", "[::]:7878", true, Description = "a dual-mode socket: IPv4 and IPv6")]
    public void TryParse_reads_an_ip_address(string text, string endPoints, bool isBeyondLoopback)
    {
        bool isAddress = ListenAddress.TryParse(text, out ListenAddress? address, out string? error);
        Assert.That(isAddress, error);
        Assert.That(string.Join(' ', address!.EndPoints), Is.EqualTo(endPoints));
        Assert.That(address.IsBeyondLoopback, Is.EqualTo(isBeyondLoopback));
        Assert.That(address.ToString(), Is.EqualTo(text));
        Assert.That(error, Is.Null);
    }

    [TestCase("unix:/run/kvtcp.sock", "/run/kvtcp.sock")]
    [TestCase("unix:relative.sock", "relative.sock")]
    [TestCase("unix:/with:colon and space", "/with:colon and space")]
    public void TryParse_reads_a_unix_socket(string text, string path)
    {
        bool isAddress = ListenAddress.TryParse(text, out ListenAddress? address, out string? error);
        Assert.That(isAddress, error);
        Assert.That(address!.EndPoints, Is.EqualTo(new EndPoint[] { new UnixDomainSocketEndPoint(path) }));
        Assert.That(address.IsBeyondLoopback, Is.False);
    }

    [TestCase("", Description = "empty")]
    [TestCase("7878", Description = "a port alone")]
    [TestCase(":7878", Description = "no host")]
    [TestCase("127.0.0.1", Description = "no port")]
    [TestCase("127.0.0.1:", Description = "an empty port")]
    [TestCase("127.0.0.1:65536", Description = "a port too large")]
    [TestCase("127.0.0.1:99999999999", Description = "a port beyond an int")]
    [TestCase("127.0.0.1:-1", Description = "a signed port")]
    [TestCase("127.0.0.1:+1", Description = "a signed port")]
    [TestCase("127.0.0.1: 80", Description = "a space")]
    [TestCase(" 127.0.0.1:80", Description = "a space")]
    [TestCase("127.0.0.1:80x", Description = "something after the port")]
    [TestCase("127.1:80", Description = "IPv4 in short form")]
    [TestCase("2130706433:80", Description = "IPv4 as one number")]
    [TestCase("0x7f.0.0.1:80", Description = "IPv4 with a hexadecimal part: not everybody reads it alike")]
    [TestCase("010.0.0.1:80", Description = "IPv4 with a leading zero: 8.0.0.1 or 10.0.0.1, depending on whom one asks")]
    [TestCase("127.0.0.1.:80", Description = "a dot too many")]
    [TestCase("256.0.0.1:80", Description = "no byte")]
    [TestCase("::1:80", Description = "IPv6 without brackets: where does the port begin?")]
    [TestCase("[::1]", Description = "IPv6 without port")]
    [TestCase("[::1:80", Description = "an open bracket")]
    [TestCase("[127.0.0.1]:80", Description = "IPv4 in brackets")]
    [TestCase("[]:80", Description = "nothing in brackets")]
    [TestCase("example.com:80", Description = "a host name: what it resolves to may change")]
    [TestCase("tcp://127.0.0.1:80", Description = "a URL")]
    [TestCase("**:80", Description = "two stars")]
    [TestCase("unix:", Description = "no path")]
    public void TryParse_refuses_what_is_no_address_and_says_what_is_wrong(string text)
    {
        bool isAddress = ListenAddress.TryParse(text, out ListenAddress? address, out string? error);
        Assert.That(isAddress, Is.False);
        Assert.That(address, Is.Null);
        Assert.That(error, Does.Contain($"'{text}'"));
        Assert.That(error, Does.Not.Contain("\n"));
    }

    [Test]
    public void TryParse_refuses_a_unix_path_longer_than_the_system_allows()
    {
        Assert.That(ListenAddress.TryParse($"unix:/{new string('x', 106)}", out _, out string? error), error);
        Assert.That(ListenAddress.TryParse($"unix:/{new string('x', 108)}", out _, out error), Is.False);
        Assert.That(error, Does.Contain("longer than a socket path may be"));
        Assert.That(ListenAddress.TryParse($"unix:/{new string('é', 54)}", out _, out error), Is.False, "bytes count, not characters");
    }
}
