using System.Net;
using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Wire;

public sealed class RequestTemplateTests
{
    private const string Zeros = "000000000000000000000000000000000000";

    [TestCase(nameof(WireProtocol.Line), 1, "GET #\n")]
    [TestCase(nameof(WireProtocol.Line), 3, "MGET # # #\n")]
    [TestCase(nameof(WireProtocol.Resp), 1, "*2\r\n$3\r\nGET\r\n$36\r\n#\r\n")]
    [TestCase(nameof(WireProtocol.Resp), 2, "*3\r\n$4\r\nMGET\r\n$36\r\n#\r\n$36\r\n#\r\n")]
    [TestCase(nameof(WireProtocol.Memcached), 1, "get #\r\n")]
    [TestCase(nameof(WireProtocol.Memcached), 2, "get # #\r\n")]
    [TestCase(nameof(WireProtocol.Http), 1, "GET /get/#?full=1 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n")]
    public void Of_a_plan_is_its_request_with_places_for_the_keys(string protocol, int keys, string expected)
    {
        RequestTemplate template = RequestTemplate.Of(new LoadPlan
        {
            Server = new IPEndPoint(IPAddress.Loopback, 8000),
            Protocol = Enum.Parse<WireProtocol>(protocol),
            KeysPerRequest = keys,
            HttpPath = "/get/{key}?full=1",
        });

        string text = ByteText.Text(template.Bytes.Span);
        Assert.That(text, Is.EqualTo(expected.Replace("#", Zeros, StringComparison.Ordinal)));
        Assert.That(template.KeyPlaces.Select(place => text[place..(place + 36)]), Has.Exactly(keys).Items.And.All.EqualTo(Zeros));
    }

    [Test]
    public void Of_HTTP_over_a_Unix_socket_names_a_host()
    {
        RequestTemplate template = RequestTemplate.Of(new LoadPlan
        {
            Server = new System.Net.Sockets.UnixDomainSocketEndPoint("/tmp/x"),
            Protocol = WireProtocol.Http,
        });
        Assert.That(ByteText.Text(template.Bytes.Span), Does.Contain("Host: localhost\r\n"));
    }
}
