using KvTcp.Client;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

public sealed class KvServerAddressTests
{
    [TestCase("127.0.0.1:7878", "127.0.0.1:7878")]
    [TestCase("[::1]:1", "[::1]:1")]
    [TestCase("localhost:7878", "Unspecified/localhost:7878")]
    [TestCase("kv.example.org:65535", "Unspecified/kv.example.org:65535")]
    [TestCase("unix:/run/kvtcp.sock", "/run/kvtcp.sock")]
    public void TryParse_of_an_address_gives_its_end_point(string text, string endPoint)
    {
        Assert.That(KvServerAddress.TryParse(text, out KvServerAddress? address, out _), Is.True);
        Assert.That(address!.EndPoint.ToString(), Is.EqualTo(endPoint));
        Assert.That(address.Text, Is.EqualTo(text));
    }

    [TestCase("", TestName = "TryParse_of_nothing_fails")]
    [TestCase("7878", TestName = "TryParse_without_host_fails")]
    [TestCase(":7878", TestName = "TryParse_with_an_empty_host_fails")]
    [TestCase("localhost", TestName = "TryParse_without_port_fails")]
    [TestCase("localhost:0", TestName = "TryParse_of_port_0_fails")]
    [TestCase("localhost:65536", TestName = "TryParse_of_a_port_above_65535_fails")]
    [TestCase("localhost:+1", TestName = "TryParse_of_a_signed_port_fails")]
    [TestCase("::1:7878", TestName = "TryParse_of_IPv6_without_brackets_fails")]
    [TestCase("[::1:7878", TestName = "TryParse_of_an_open_bracket_fails")]
    [TestCase("a b:7878", TestName = "TryParse_of_a_host_with_space_fails")]
    [TestCase("unix:", TestName = "TryParse_of_unix_without_path_fails")]
    public void TryParse_of_another_text_fails(string text)
    {
        Assert.That(KvServerAddress.TryParse(text, out _, out string? error), Is.False);
        Assert.That(error, Does.Contain($"'{text}'"));
    }

    [Test]
    public void ParseList_takes_addresses_between_commas() =>
        Assert.That(
            KvServerAddress.ParseList("one:1, [::1]:2,unix:/run/a b").Select(static address => address.Text),
            Is.EqualTo(new[] { "one:1", "[::1]:2", "unix:/run/a b" }));

    [TestCase("")]
    [TestCase("one:1,")]
    [TestCase("one:1,two")]
    public void ParseList_of_anything_else_fails(string text) =>
        Assert.That(() => KvServerAddress.ParseList(text), Throws.TypeOf<FormatException>().With.Message.Contains("is not the address of a server"));

    [Test]
    public void TryParse_of_a_socket_path_over_107_bytes_fails() =>
        Assert.That(KvServerAddress.TryParse("unix:/" + new string('x', 107), out _, out _), Is.False);
}
