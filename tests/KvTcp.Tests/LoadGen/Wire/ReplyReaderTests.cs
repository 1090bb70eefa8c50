using System.Net;
using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Wire;

/// <summary>Each protocol's replies, whole, cut at every place, and byte by byte.</summary>
public sealed class ReplyReaderTests
{
    private const string Head = "HTTP/1.1 200 OK\r\n";

    private static readonly LoadPlan Plan = new() { Server = new IPEndPoint(IPAddress.Loopback, 1) };

    [TestCase("OK a value\nNOT_FOUND\nOK \n", "V:a value;M;V:;")]
    [TestCase("OK NOT_FOUND\nOK ERR x y\nOK a\rb\n", "V:NOT_FOUND;V:ERR x y;V:a\rb;")]
    [TestCase("ERR BAD_KEY no key\nOK a\n", "E:ERR BAD_KEY no key;V:a;")]
    [TestCase("OK a\nOK", "V:a;...")]
    [TestCase("OK\n", "X", Description = "no value follows")]
    [TestCase("NOT_FOUND \n", "X")]
    [TestCase("LINES 1\nOK a\n", "X", Description = "the answer to an MGET, and there was a GET")]
    [TestCase("\n", "X")]
    [TestCase("$3\r\nabc\r\n", "X", Description = "RESP")]
    public void Line_protocol(string replies, string expected) => AssertReads(WireProtocol.Line, 1, replies, expected);

    [TestCase("LINES 3\nOK a\nNOT_FOUND\nOK \n", "HV:aMV:;")]
    [TestCase("LINES 3\nERR BAD_KEY x y\nOK a\nOK b\nLINES 3\n", "HE:ERR BAD_KEY x yV:aV:b;H")]
    [TestCase("ERR NOAUTH first\nLINES 3\n", "E:ERR NOAUTH first;H")]
    [TestCase("LINES 2\n", "X", Description = "three keys were asked for")]
    [TestCase("LINES 3 \n", "X")]
    [TestCase("LINES +3x\n", "X")]
    [TestCase("OK a\n", "X", Description = "the answer to a GET, and there was an MGET")]
    public void Line_protocol_with_three_keys(string replies, string expected) => AssertReads(WireProtocol.Line, 3, replies, expected);

    [TestCase("$7\r\na value\r\n$-1\r\n$0\r\n\r\n", "V:a value;M;V:;")]
    [TestCase("$4\r\n\r\n\r\n\r\n", "V:\r\n\r\n;")]
    [TestCase("-ERR unknown command\r\n$1\r\na\r\n", "E:-ERR unknown command;V:a;")]
    [TestCase("$7\r\na val", "...")]
    [TestCase("$1\r\nab\r\n", "X", Description = "longer than announced")]
    [TestCase("$-2\r\n", "X")]
    [TestCase("$\r\n", "X")]
    [TestCase("$99999999999\r\n", "X", Description = "more than a value may have")]
    [TestCase("+OK\r\n", "X")]
    [TestCase("*1\r\n$1\r\na\r\n", "X", Description = "the answer to an MGET, and there was a GET")]
    public void Resp(string replies, string expected) => AssertReads(WireProtocol.Resp, 1, replies, expected);

    [TestCase("*3\r\n$1\r\na\r\n$-1\r\n$0\r\n\r\n", "HV:aMV:;")]
    [TestCase("-NOAUTH no\r\n*3\r\n", "E:-NOAUTH no;H")]
    [TestCase("*3\r\n-ERR x\r\n$-1\r\n$-1\r\n*3\r\n", "HE:-ERR xMM;H")]
    [TestCase("*2\r\n", "X")]
    [TestCase("$1\r\na\r\n", "X")]
    public void Resp_with_three_keys(string replies, string expected) => AssertReads(WireProtocol.Resp, 3, replies, expected);

    [TestCase("VALUE k 0 7\r\na value\r\nEND\r\nEND\r\n", "V[k]:a valueR;R;")]
    [TestCase("VALUE k 0 5\r\nEND\r\n\r\nEND\r\n", "V[k]:END\r\nR;")]
    [TestCase("VALUE k 0 0\r\n\r\nEND\r\n", "V[k]:R;")]
    [TestCase("ERROR\r\nCLIENT_ERROR bad\r\nSERVER_ERROR out of memory\r\nEND\r\n", "E:ERROR;E:CLIENT_ERROR bad;E:SERVER_ERROR out of memory;R;")]
    [TestCase("VALUE k 0 1\r\na\r\n", "V[k]:a")]
    [TestCase("VALUE k 0 1\r\na\r\nVALUE k 0 1\r\na\r\n", "V[k]:aX", Description = "one key was asked for")]
    [TestCase("VALUE k 0 x\r\n", "X")]
    [TestCase("VALUE k 0 -1\r\n", "X")]
    [TestCase("VALUE k\r\n", "X")]
    [TestCase("VALUE k 0 1\r\nab\r\n", "X")]
    [TestCase("STORED\r\n", "X")]
    public void Memcached(string replies, string expected) => AssertReads(WireProtocol.Memcached, 1, replies, expected);

    [TestCase("VALUE j 0 1\r\na\r\nVALUE k 0 1\r\nb\r\nEND\r\nEND\r\n", "V[j]:aV[k]:bR;R;")]
    public void Memcached_with_three_keys(string replies, string expected) => AssertReads(WireProtocol.Memcached, 3, replies, expected);

    [TestCase($"{Head}Content-Length: 3\r\n\r\nabc{Head}content-LENGTH:0\r\n\r\n", "V:abc;V:;")]
    [TestCase($"{Head}Server: x\r\nContent-Length:  3 \r\nDate: y\r\n\r\n\r\n\r", "V:\r\n\r;")]
    [TestCase("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno" + Head + "Content-Length: 1\r\n\r\na", "M;V:a;")]
    [TestCase("HTTP/1.1 422 Unprocessable\r\nContent-Length: 2\r\n\r\nno", "E:HTTP/1.1 422 Unprocessable;")]
    [TestCase("HTTP/1.1 204 No Content\r\nx: y\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "E:HTTP/1.1 204 No Content;V:a;")]
    [TestCase($"{Head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", "V:abc0123456789;")]
    [TestCase($"{Head}Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n{Head}Content-Length: 1\r\n\r\na", "V:;V:a;")]
    [TestCase($"{Head}Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", "X", Description = "longer than announced")]
    [TestCase($"{Head}Transfer-Encoding: chunked\r\n\r\nx\r\n", "X")]
    [TestCase($"{Head}Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", "X", Description = "more than a value may have")]
    [TestCase($"{Head}Server: x\r\n\r\nabc", "X", Description = "the body would end with the connection")]
    [TestCase($"{Head}Content-Length: x\r\n\r\nabc", "X")]
    [TestCase($"{Head}Content-Length: -1\r\n\r\nabc", "X")]
    [TestCase($"{Head}no header\r\n\r\n", "X")]
    [TestCase("HTTP/2 200\r\n\r\n", "X")]
    [TestCase("ERR HTTP no\r\n\r\n", "X")]
    public void Http(string replies, string expected) => AssertReads(WireProtocol.Http, 1, replies, expected);

    [TestCase(nameof(WireProtocol.Resp))]
    [TestCase(nameof(WireProtocol.Memcached))]
    [TestCase(nameof(WireProtocol.Http))]
    public void A_head_without_end_is_no_reply(string protocol)
    {
        LoadPlan plan = Plan with { Protocol = Enum.Parse<WireProtocol>(protocol) };
        Assert.That(ReplyReading.Read(plan, [new byte[(64 << 10) - 1]]), Is.EqualTo("..."));
        Assert.That(ReplyReading.Read(plan, [new byte[64 << 10]]), Is.EqualTo("X"));
    }

    [TestCase("value", true)]
    [TestCase("\"value\"", true)]
    [TestCase("{\"key\":\"k\",\"value\":\"value\"}", true)]
    [TestCase("{\"some-id\":\"v\\u0061lue\"}", true, Description = "escaped")]
    [TestCase("values", false)]
    [TestCase("{\"value\":\"other\"}", false)]
    [TestCase("{\"value\":{\"deep\":{\"value\":\"value\"}}}", false)]
    [TestCase("{\"value\":", false)]
    [TestCase("", false)]
    public void Http_body_says_a_value_as_itself_or_in_JSON(string body, bool expected) =>
        Assert.That(new HttpReplyReader().Says(ByteText.Bytes(body), "value"u8), Is.EqualTo(expected));

    private static void AssertReads(WireProtocol protocol, int keys, string replies, string expected)
    {
        LoadPlan plan = Plan with { Protocol = protocol, KeysPerRequest = keys };
        byte[] bytes = ByteText.Bytes(replies);
        Assert.That(ReplyReading.Read(plan, [bytes]), Is.EqualTo(expected), "whole");
        Assert.That(StreamCut.InTwo(bytes).Select(pieces => ReplyReading.Read(plan, pieces)), Has.All.EqualTo(expected), "in two");
        Assert.That(ReplyReading.Read(plan, StreamCut.Every(bytes, 1)), Is.EqualTo(expected), "byte by byte");
    }
}
