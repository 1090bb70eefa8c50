using System.Buffers;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

// request = command *( 1*SP arg ) *SP [CR] LF             docs/protocol.md#grammar

[TestFixture]
public class RequestParserTests
{
    [TestCase("GET k", Command.Get, "k", "upper case")]
    [TestCase("get k", Command.Get, "k", "lower case")]
    [TestCase("gEt k", Command.Get, "k", "mixed case")]
    [TestCase("GET k\r", Command.Get, "k", "a CR before the LF")]
    [TestCase("GET k ", Command.Get, "k", "a space after")]
    [TestCase("GET k   \r", Command.Get, "k", "spaces, then CR")]
    [TestCase("GET    k", Command.Get, "k", "many spaces between")]
    [TestCase("GET k\r\r", Command.Get, "k\r", "only one CR belongs to the end of the line")]
    [TestCase("GET k\r ", Command.Get, "k\r", "a CR before a space is no end")]
    [TestCase("GET k\rPING", Command.Get, "k\rPING", "a bare CR separates nothing")]
    [TestCase("GET \tk", Command.Get, "\tk", "a tab is part of the argument")]
    [TestCase("GET k\t", Command.Get, "k\t", "a tab after is part of the argument")]
    [TestCase("GET \0", Command.Get, "\0", "NUL is an argument, though no key")]
    [TestCase("GET \u00FF\u00FE", Command.Get, "\u00FF\u00FE", "arguments are not looked at")]
    [TestCase("GET GET", Command.Get, "GET", "a command word as argument")]
    [TestCase("MGET a", Command.MGet, "a", "one key")]
    [TestCase("mget a b  c", Command.MGet, "a|b|c", "several keys")]
    [TestCase("MGET a a a   ", Command.MGet, "a|a|a", "duplicates are kept")]
    [TestCase("EXISTS a b", Command.Exists, "a|b", "several keys")]
    [TestCase("AUTH token", Command.Auth, "token", "a token")]
    [TestCase("PING", Command.Ping, "", "no argument")]
    [TestCase("ping  \r", Command.Ping, "", "spaces and CR are no argument")]
    [TestCase("count", Command.Count, "", "lower case")]
    [TestCase("Stats", Command.Stats, "", "mixed case")]
    [TestCase("VERSION", Command.Version, "", "no argument")]
    [TestCase("HELP", Command.Help, "", "no argument")]
    [TestCase("RELOAD", Command.Reload, "", "no argument")]
    [TestCase("ROLLBACK", Command.Rollback, "", "no argument")]
    [TestCase("QUIT\r", Command.Quit, "", "CR")]
    public void Parse_good_line_is_a_request(string line, Command command, string arguments, string reason) =>
        AssertParses(line, new SeenRequest(RequestStatus.Request, command, arguments), reason);

    [TestCase("", "nothing")]
    [TestCase("\r", "CR only, the line of an empty telnet line")]
    [TestCase(" ", "a space")]
    [TestCase("     \r", "spaces and CR")]
    public void Parse_line_without_a_word_is_blank(string line, string reason) =>
        AssertParses(line, new SeenRequest(RequestStatus.Blank), reason);

    [TestCase("NOPE", "no such word")]
    [TestCase("SET k v", "a command of other servers")]
    [TestCase("GETS k", "a command and one letter more")]
    [TestCase("GE k", "a letter less")]
    [TestCase("G", "one letter")]
    [TestCase(" GET k", "a space before the word")]
    [TestCase("\tGET k", "a tab before the word")]
    [TestCase("GET\tk", "a tab in place of the space")]
    [TestCase("PING\t", "a tab after the word")]
    [TestCase("PING\r\r", "a second CR")]
    [TestCase("\r\r", "a CR as the word")]
    [TestCase("\rPING", "a bare CR first")]
    [TestCase("PING\rPING", "a bare CR between")]
    [TestCase("PING\0", "NUL at the end")]
    [TestCase("\0", "NUL only")]
    [TestCase("\0GET k", "NUL first")]
    [TestCase("\u00EF\u00BB\u00BFGET k", "a byte order mark")]
    [TestCase("\u0016\u0003\u0001\u0002", "a TLS hello")]
    [TestCase("*1", "RESP")]
    [TestCase("\"GET\" k", "quotes")]
    [TestCase("GET: k", "punctuation")]
    [TestCase("None", "a name of the enumeration that is no command")]
    [TestCase("\u0007ET k", "G without its letter bit")]
    [TestCase("'ET k", "G without bit 6")]
    [TestCase("\u00C7ET k", "G with the high bit")]
    [TestCase("\u00E7ET k", "g with the high bit")]
    [TestCase("G\u0005T k", "E as a control character")]
    [TestCase("GE\u0014 k", "T as a control character")]
    [TestCase("GE4 k", "T without bit 6")]
    [TestCase("P\u00C4\u00B0NG", "a dotted capital I, which some cultures fold to i")]
    [TestCase("GET\u0000k", "the separating space with bit 5 cleared")]
    [TestCase("GET\u00A0k", "a space with the high bit: no-break space")]
    public void Parse_any_other_word_is_unknown(string line, string reason) =>
        AssertParses(line, new SeenRequest(RequestStatus.UnknownCommand), reason);

    [TestCase("GET", Command.Get, "", "no key")]
    [TestCase("GET   \r", Command.Get, "", "spaces are no key")]
    [TestCase("GET a b", Command.Get, "a|b", "two keys")]
    [TestCase("get a  b ", Command.Get, "a|b", "two keys, spaces around")]
    [TestCase("MGET", Command.MGet, "", "no key")]
    [TestCase("EXISTS", Command.Exists, "", "no key")]
    [TestCase("EXISTS  ", Command.Exists, "", "no key, spaces")]
    [TestCase("AUTH", Command.Auth, "", "no token")]
    [TestCase("AUTH user token", Command.Auth, "user|token", "a user name, as Redis takes")]
    [TestCase("COUNT x", Command.Count, "x", "takes none")]
    [TestCase("STATS x", Command.Stats, "x", "takes none")]
    [TestCase("VERSION 1", Command.Version, "1", "takes none")]
    [TestCase("PING hello", Command.Ping, "hello", "takes none, unlike Redis")]
    [TestCase("PING \r\r", Command.Ping, "\r", "a CR that does not end the line is an argument")]
    [TestCase("HELP GET", Command.Help, "GET", "takes none")]
    [TestCase("RELOAD now", Command.Reload, "now", "takes none")]
    [TestCase("ROLLBACK 2", Command.Rollback, "2", "takes none")]
    [TestCase("QUIT .", Command.Quit, ".", "takes none")]
    [TestCase("GET / HTTP/1.", Command.Get, "/|HTTP/1.", "HTTP without its minor version")]
    [TestCase("GET / HTTP/2.0", Command.Get, "/|HTTP/2.0", "a version that is not spoken in lines")]
    [TestCase("GET / http/1.1", Command.Get, "/|http/1.1", "HTTP's name has upper case")]
    [TestCase("GET / HTTP/1.x", Command.Get, "/|HTTP/1.x", "a minor version that is no digit")]
    [TestCase("GET / HTTP/1.1 x", Command.Get, "/|HTTP/1.1|x", "HTTP not at the end")]
    public void Parse_wrong_number_of_arguments_is_told_apart(string line, Command command, string arguments, string reason) =>
        AssertParses(line, new SeenRequest(RequestStatus.WrongArguments, command, arguments), reason);

    [TestCase("GET / HTTP/1.1\r", "a browser")]
    [TestCase("GET / HTTP/1.0\r", "an old client")]
    [TestCase("GET / HTTP/1.1", "a client that ends lines in LF")]
    [TestCase("get / HTTP/1.1\r", "a method in lower case")]
    [TestCase("GET /a b HTTP/1.1\r", "a space in the target")]
    [TestCase("HEAD /health/live HTTP/1.1\r", "a probe")]
    [TestCase("POST /v1/keys HTTP/1.1\r", "a method that is no command")]
    [TestCase("OPTIONS * HTTP/1.1\r", "the asterisk form")]
    [TestCase("CONNECT host:443 HTTP/1.1\r", "a proxy request")]
    [TestCase("GET http://127.0.0.1:7878/ HTTP/1.1\r", "the absolute form")]
    [TestCase("PING / HTTP/1.1\r", "a command that is no method")]
    [TestCase("PUT /x HTTP/1.9", "any minor version")]
    [TestCase("GET / HTTP/1.1  \r", "spaces after")]
    public void Parse_first_line_of_HTTP_is_told_apart(string line, string reason) =>
        AssertParses(line, new SeenRequest(RequestStatus.HttpRequest), reason);

    [TestCase("GET HTTP/1.1", Command.Get, "HTTP/1.1", "a malformed key")]
    [TestCase("MGET / HTTP/1.1", Command.MGet, "/|HTTP/1.1", "malformed keys; HTTP has no such method")]
    [TestCase("AUTH HTTP/1.1", Command.Auth, "HTTP/1.1", "an odd token")]
    public void Parse_request_whose_arguments_fit_is_no_HTTP(string line, Command command, string arguments, string reason) =>
        AssertParses(line, new SeenRequest(RequestStatus.Request, command, arguments), reason);

    [TestCase(65_535 - 4)]
    public void Parse_longest_argument_is_an_argument(int length)
    {
        string argument = new('x', length);
        SeenRequest expected = new(RequestStatus.Request, Command.Get, argument);

        AssertParses("GET " + argument, expected, "a line of 64 KiB", everySplit: false);
    }

    private static void AssertParses(string line, SeenRequest expected, string reason, bool everySplit = true)
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (byte poison in "\n\r Gk0"u8)
            {
                ReadOnlyMemory<byte> padded = SegmentedSequence.Poisoned(ByteText.Bytes(line), poison);
                Assert.That(RequestReading.Parse(padded.Span), Is.EqualTo(expected), reason);
            }

            // The same line in a stream, between two others.
            byte[] stream = ByteText.Bytes($"COUNT\n{line}\nQUIT\r\n");
            foreach (ReadOnlySequence<byte> received in everySplit ? SegmentedSequence.EverySplit(stream) : [new(stream)])
            {
                ReadOnlySequence<byte> buffer = received;
                List<SeenRequest> requests = RequestReading.ReadAll(ref buffer);

                Assert.That(requests, Has.Count.EqualTo(3), reason);
                Assert.That(requests[1], Is.EqualTo(expected), reason);
                Assert.That(requests[2].Command, Is.EqualTo(Command.Quit), reason);
                Assert.That(buffer.IsEmpty, Is.True, reason);
            }
        }
    }
}
