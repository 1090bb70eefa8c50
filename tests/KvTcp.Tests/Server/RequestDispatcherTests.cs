using KvTcp.Protocol;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

/// <summary>Single requests and the seams between them; <see cref="RequestDispatcherPropertyTests"/> covers their combinations.</summary>
[TestFixture]
public class RequestDispatcherTests
{
    private TestDataset _data = null!;

    private static string Key => TestDataset.Key(0).ToString();

    private static string BadKey => $"ERR BAD_KEY {ByteText.Text(ErrorText.BadKey)}\n";

    [OneTimeSetUp]
    public void Load() => _data = TestDataset.WithValues("first", "", "NOT_FOUND", "ERR BAD_KEY x", "two words ", "naïve – ünïcode");

    [OneTimeTearDown]
    public void Free() => _data.Dispose();

    [TestCase(0, "OK first\n", Description = "plain")]
    [TestCase(1, "OK \n", Description = "an empty value is OK and one space")]
    [TestCase(2, "OK NOT_FOUND\n", Description = "a value that reads like a status")]
    [TestCase(3, "OK ERR BAD_KEY x\n", Description = "a value that reads like an error")]
    [TestCase(4, "OK two words \n", Description = "spaces are part of the value, at its end too")]
    public void Get_of_a_stored_key_gives_its_value(int number, string reply) =>
        Assert.That(Replies($"GET {TestDataset.Key(number)}\n"), Is.EqualTo(reply));

    [Test]
    public void Get_gives_the_bytes_of_the_value_unchanged() =>
        Assert.That(ByteText.Bytes(Replies($"GET {TestDataset.Key(5)}\n")), Is.EqualTo("OK naïve – ünïcode\n"u8.ToArray()));

    [TestCase(127, Description = "the longest line that the gathering of runs looks at")]
    [TestCase(128, Description = "one byte more")]
    [TestCase(4_096, Description = "a block of a pipe")]
    [TestCase(65_536, Description = "the longest request line")]
    public void Get_with_spaces_is_answered_at_every_length_of_its_line(int length)
    {
        string before = $"GET {new string(' ', length - Key.Length - 5)}{Key}\n";
        string after = $"GET {Key}{new string(' ', length - Key.Length - 6)}\r\n";
        Assert.That(Replies(before + after), Is.EqualTo("OK first\nOK first\n"));
    }

    [Test]
    public void Line_of_the_limit_is_read_and_a_longer_one_closes([Values(ServerOptions.LeastMaxRequestLine, 4_096, 65_536)] int limit, [Values] bool isGet)
    {
        ServerOptions options = new() { MaxRequestLine = limit };
        string word = isGet ? $"GET {Key}" : "PING";
        string longest = $"{word}{new string(' ', limit - word.Length - 1)}\n";
        using DrainedConnection connection = new(_data, options);
        connection.Deliver(ByteText.Bytes(longest));
        Assert.That(connection.Replies, Is.EqualTo(isGet ? "OK first\n" : "OK PONG\n"));
        connection.Deliver(ByteText.Bytes(" " + longest));
        Assert.That(connection.Replies, Does.EndWith($"\nERR TOO_LONG {ByteText.Text(ErrorText.TooLong)}\n"));
        Assert.That(connection.IsClosed);
    }

    [Test]
    public void Line_without_end_closes_at_the_limit_and_not_before()
    {
        using DrainedConnection connection = new(_data);
        connection.Deliver(new byte[LineFraming.MaxRequestLine - 1]);
        Assert.That(connection.Replies, Is.Empty);
        Assert.That(connection.IsClosed, Is.False);
        connection.Deliver(new byte[1]);
        Assert.That(connection.Replies, Is.EqualTo($"ERR TOO_LONG {ByteText.Text(ErrorText.TooLong)}\n"));
        Assert.That(connection.IsClosed);
    }

    [TestCase("\u0016\u0003\u0001\u0002\u0000\u0001", Description = "the start of a TLS 1.x handshake")]
    [TestCase("\u0016\u0003\n", Description = "a line feed does not make it a request")]
    public void Tls_bytes_close_without_a_reply(string start)
    {
        foreach (byte[][] pieces in StreamCut.InTwo(ByteText.Bytes(start)).Where(static pieces => pieces[1].Length > 0))
        {
            using DrainedConnection connection = new(_data);
            connection.Deliver(pieces[0]);
            connection.Deliver(pieces[1]);
            Assert.That(connection.IsClosed, $"cut after {pieces[0].Length}");
            Assert.That(connection.Replies, Is.Empty, $"cut after {pieces[0].Length}");
        }
    }

    [TestCase("\n", "", Description = "after a blank line")]
    [TestCase("PING\n", "OK PONG\n", Description = "after a request")]
    public void Tls_bytes_are_an_unknown_command_anywhere_but_at_the_start_however_they_are_cut(string before, string reply)
    {
        foreach (byte[][] pieces in StreamCut.InTwo(ByteText.Bytes($"{before}\u0016\u0003\n")))
        {
            using DrainedConnection connection = new(_data);
            connection.Deliver(pieces[0]);
            connection.Deliver(pieces[1]);
            string how = $"cut after {pieces[0].Length}";
            Assert.That(connection.Replies, Is.EqualTo($"{reply}ERR UNKNOWN {ByteText.Text(ErrorText.Unknown)}\n"), how);
            Assert.That(connection.IsClosed, Is.False, how);
        }
    }

    [Test]
    public void Exists_with_a_malformed_key_counts_only_that_key([Values(1, 63, 64, 65, 200)] int goodKeys)
    {
        using DrainedConnection connection = new(_data);
        connection.Deliver(ByteText.Bytes($"EXISTS {string.Join(' ', Enumerable.Repeat(Key, goodKeys))} x y\n"));
        Assert.That(connection.Replies, Is.EqualTo(BadKey));
        Assert.That(connection.Counters.KeyErrors, Is.EqualTo(1));
        Assert.That(connection.Counters.KeyHits, Is.Zero);
    }

    [TestCase("", "", 0, Description = "nothing left")]
    [TestCase("PING", "ERR ARGS the last line does not end in a line feed\n", 1, Description = "a request without LF is not executed")]
    [TestCase("\r", "ERR ARGS the last line does not end in a line feed\n", 1, Description = "nor is a lone CR a line")]
    public void FinishInput_answers_a_last_line_without_its_end(string rest, string reply, int errors)
    {
        using DrainedConnection connection = new(_data);
        connection.Deliver(ByteText.Bytes(rest));
        connection.End();
        Assert.That(connection.Replies, Is.EqualTo(reply));
        Assert.That(connection.Counters.RequestErrors, Is.EqualTo(errors));
    }

    [Test]
    public void Errors_never_repeat_what_the_client_sent()
    {
        const string Secret = "s3cr3t";
        string replies = Replies(
            $"{Secret}\n{Secret} {Secret}\nGET {Secret}\nGET {Secret} {Secret}\nMGET {Secret}\nEXISTS {Secret}\nAUTH {Secret}\n" +
            $"PING {Secret}\nGET /{Secret} HTTP/1.1\n");
        Assert.That(replies, Does.Not.Contain(Secret));
        Assert.That(replies.Split('\n'), Has.Length.EqualTo(11), "ten lines, since MGET has two");
    }

    private string Replies(string requests)
    {
        using DrainedConnection connection = new(_data);
        connection.Deliver(ByteText.Bytes(requests));
        return connection.Replies;
    }
}
