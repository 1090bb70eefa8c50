using KvTcp.Protocol;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;
using static KvTcp.Tests.Support.RespText;

namespace KvTcp.Tests.Server.Resp;

/// <summary>Requests about keys, and requests that are refused, whole, in pieces, and over limits.</summary>
[TestFixture]
public class RespDispatcherTests
{
    private const string Null = "$-1\r\n";
    private const string Pong = "+PONG\r\n";

    private TestDataset _data = null!;

    private static string Key(int number) => TestDataset.Key(number).ToString();

    private static string Missing => TestDataset.Missing(0).ToString();

    [OneTimeSetUp]
    public void Load() => _data = TestDataset.WithValues("first", "", "two words ", new string('x', 300));

    [OneTimeTearDown]
    public void Free() => _data.Dispose();

    [Test]
    public void Get_gives_the_value_or_null()
    {
        Assert.That(Replies(Request("GET", Key(0))), Is.EqualTo(Bulk("first")));
        Assert.That(Replies(Request("get", Key(1))), Is.EqualTo(Bulk("")), "an empty value is no miss");
        Assert.That(Replies(Request("GET", Key(3).ToUpperInvariant())), Is.EqualTo(Bulk(new string('x', 300))));
        Assert.That(Replies(Request("GET", Missing)), Is.EqualTo(Null));
    }

    [TestCase("")]
    [TestCase("user:1")]
    [TestCase("6ba7b810-9dad-11d1-80b4-00c04fd430cg")]
    [TestCase("a key that is longer than the text of a UUID, and holds\r\nthe end of a line")]
    public void Key_that_is_no_UUID_is_a_miss(string key)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Replies(Request("GET", key)), Is.EqualTo(Null));
            Assert.That(Replies(Request("MGET", Key(0), key, Key(1))), Is.EqualTo(RespText.Array(Bulk("first"), Null, Bulk(""))));
            Assert.That(Replies(Request("EXISTS", key, Key(0), key)), Is.EqualTo(":1\r\n"));
            Assert.That(Replies(Request("STRLEN", key)), Is.EqualTo(":0\r\n"));
            Assert.That(Replies(Request("TYPE", key)), Is.EqualTo("+none\r\n"));
            Assert.That(Replies(Request("TTL", key)), Is.EqualTo(":-2\r\n"));
        }
    }

    [Test]
    public void Commands_of_one_key_answer_with_the_types_of_Redis()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Replies(Request("STRLEN", Key(0))), Is.EqualTo(":5\r\n"));
            Assert.That(Replies(Request("STRLEN", Missing)), Is.EqualTo(":0\r\n"));
            Assert.That(Replies(Request("TYPE", Key(0))), Is.EqualTo("+string\r\n"));
            Assert.That(Replies(Request("TYPE", Missing)), Is.EqualTo("+none\r\n"));
            Assert.That(Replies(Request("TTL", Key(0))), Is.EqualTo(":-1\r\n"));
            Assert.That(Replies(Request("PTTL", Missing)), Is.EqualTo(":-2\r\n"));
        }
    }

    [Test]
    public void MGet_and_exists_answer_any_number_of_keys_in_order([Values(1, 2, 63, 64, 65, 200, 5_000)] int count)
    {
        string[] keys = [.. Enumerable.Range(0, count).Select(i => i % 5 == 4 ? Missing : Key(i % 5))];
        string[] values = [Bulk("first"), Bulk(""), Bulk("two words "), Bulk(new string('x', 300)), Null];

        Assert.That(Replies(Request(["MGET", .. keys])), Is.EqualTo(RespText.Array(Enumerable.Range(0, count).Select(i => values[i % 5]))));
        Assert.That(Replies(Request(["EXISTS", .. keys])), Is.EqualTo($":{keys.Count(static key => !key.Contains("dead", StringComparison.Ordinal))}\r\n"));
    }

    [Test]
    public void Replies_are_the_same_at_every_split()
    {
        byte[] stream = ByteText.Bytes(string.Concat(
            Request("GET", Key(0)), Request("MGET", Key(1), "no key", Missing, Key(2)), Request("PING"), Request("SET", Key(0), "a\r\nb"),
            "*0\r\n*-1\r\n", Request("EXISTS", Key(0), Key(1)), Request("ECHO", "a message"), Request("WHAT", "ever"), Request("GET"), Request("get", Key(0))));
        string expected = string.Concat(
            Bulk("first"), RespText.Array(Bulk(""), Null, Null, Bulk("two words ")), Pong, "-READONLY You can't write against a read only replica.\r\n",
            ":2\r\n", Bulk("a message"), "-ERR unknown command 'WHAT', with args beginning with: 'ever' \r\n",
            "-ERR wrong number of arguments for 'get' command\r\n", Bulk("first"));
        using (Assert.EnterMultipleScope())
        {
            foreach (byte[][] pieces in StreamCut.InTwo(stream).Append(StreamCut.Every(stream, 1)).Append(StreamCut.Every(stream, 7)))
            {
                Assert.That(RepliesTo(pieces, together: true), Is.EqualTo(expected), $"in segments, the first of {pieces[0].Length}");
                Assert.That(RepliesTo(pieces, together: false), Is.EqualTo(expected), $"one after the other, the first of {pieces[0].Length}");
            }
        }
    }

    [TestCase("*3000000000\r\n", "ERR Protocol error: invalid multibulk length", Description = "more arguments than a number holds")]
    [TestCase("*1048577\r\n", "ERR Protocol error: invalid multibulk length", Description = "one argument over the limit")]
    [TestCase("*1\r\n$-5\r\n", "ERR Protocol error: invalid bulk length", Description = "a negative length")]
    [TestCase("*2\r\n$3\r\nGET\r\n$536870913\r\n", "ERR Protocol error: invalid bulk length", Description = "a key over the limit")]
    [TestCase("*1\r\n*1\r\n$4\r\nPING\r\n", "ERR Protocol error: expected '$'", Description = "a request within a request")]
    [TestCase("*1\r\n$4\r\nPINGS\r\n", "ERR Protocol error: expected CRLF after an argument", Description = "longer than said")]
    [TestCase("*0\r\nPING\r\n", "ERR Protocol error: expected '*'", Description = "an inline command")]
    [TestCase("*0\r\n\r\n", "ERR Protocol error: expected '*'", Description = "a blank line")]
    public void Bytes_that_are_no_request_close(string bytes, string error)
    {
        foreach (byte[][] pieces in StreamCut.InTwo(ByteText.Bytes(Request("PING") + bytes)))
        {
            using DrainedConnection connection = new(_data);
            connection.Deliver(pieces[0]);
            if (!connection.IsClosed)
            {
                connection.Deliver(pieces[1]);
            }

            Assert.That(connection.Replies, Is.EqualTo($"{Pong}-{error}\r\n"), $"cut after {pieces[0].Length}");
            Assert.That(connection.IsClosed);
        }
    }

    [Test]
    public void Bytes_that_are_no_request_within_an_array_close_without_an_element_more()
    {
        using DrainedConnection connection = new(_data);
        connection.Deliver(ByteText.Bytes($"*3\r\n$4\r\nMGET\r\n{Bulk(Key(0))}$x\r\n"));

        Assert.That(connection.Replies, Is.EqualTo($"*2\r\n{Bulk("first")}"));
        Assert.That(connection.IsClosed);
    }

    [Test]
    public void Value_to_write_is_thrown_away_as_it_arrives()
    {
        using DrainedConnection connection = new(_data);
        connection.Deliver(ByteText.Bytes($"*3\r\n$3\r\nSET\r\n{Bulk(Key(0))}$100000000\r\n"));
        for (int i = 0; i < 100; i++)
        {
            connection.Deliver(new byte[1_000_000]);
            Assert.That(connection.HeldCount, Is.Zero);
        }

        connection.Deliver(ByteText.Bytes("\r\n" + Request("PING")));

        Assert.That(connection.Replies, Is.EqualTo($"-READONLY You can't write against a read only replica.\r\n{Pong}"));
    }

    [Test]
    public void Longest_argument_that_is_kept_is_answered_and_a_longer_one_is_refused()
    {
        string longest = new('x', LineFraming.MaxRequestLine);

        Assert.That(Replies(Request("ECHO", longest)), Is.EqualTo(Bulk(longest)));
        Assert.That(
            Replies(Request("ECHO", longest + "x") + Request("PING")),
            Is.EqualTo($"-ERR the arguments of this command are too long\r\n{Pong}"));
    }

    [Test]
    public void As_many_arguments_as_are_kept_are_read_and_one_more_is_refused()
    {
        string[] sections = [.. Enumerable.Repeat("none", 1024)];

        Assert.That(Replies(Request(["INFO", .. sections])), Is.EqualTo(Bulk("")));
        Assert.That(
            Replies(Request(["INFO", "none", .. sections]) + Request("PING")),
            Is.EqualTo($"-ERR the arguments of this command are too long\r\n{Pong}"));
    }

    [Test]
    public void Unknown_command_is_shown_with_a_part_of_its_arguments_and_no_line_feed()
    {
        Assert.That(
            Replies(Request("a\nb", "c\r\nd", new string('e', 200), "f")),
            Is.EqualTo("-ERR unknown command 'a b', with args beginning with: 'c  d' \r\n"));
        Assert.That(
            Replies(Request("a-word-longer-than-that-of-any-command", "x")),
            Does.StartWith("-ERR unknown command '").And.EndsWith("\r\n"));
    }

    [Test]
    public void Quit_answers_and_closes()
    {
        using DrainedConnection connection = new(_data);
        connection.Deliver(ByteText.Bytes(Request("QUIT") + Request("PING")));

        Assert.That(connection.Replies, Is.EqualTo("+OK\r\n"));
        Assert.That(connection.IsClosed);
    }

    [Test]
    public void Pipelined_replies_stay_within_what_a_drain_writes_however_large_the_values_are()
    {
        using TestDataset data = TestDataset.WithLengths(0, 10, 3_000, 65_536, 200_000);
        string[] keys = [.. Enumerable.Range(0, 5).Select(Key)];
        string[] values = [.. keys.Select(key => Bulk(ByteText.Text(data.Pairs[Guid.Parse(key)])))];
        using DrainedConnection connection = new(data);
        connection.Deliver(ByteText.Bytes(string.Concat(keys.Select(key => Request("GET", key))) + Request(["MGET", .. keys])));

        Assert.That(connection.Replies, Is.EqualTo(string.Concat(values) + RespText.Array(values)));
        Assert.That(connection.LargestDrain, Is.LessThanOrEqualTo(RequestDispatcher.MaxOutput + 64));
        Assert.That(connection.Suspensions, Is.GreaterThan(10));
    }

    [Test]
    public void Keys_and_requests_are_counted()
    {
        using DrainedConnection connection = new(_data);
        connection.Deliver(ByteText.Bytes(
            Request("GET", Key(0)) + Request("MGET", Key(0), Missing, "x") + Request("EXISTS", Key(1), Key(2)) + Request("PING") + Request("SET", "a", "b")));

        Assert.That(connection.Counters.Requests, Is.EqualTo(5));
        Assert.That(connection.Counters.KeyHits, Is.EqualTo(4));
        Assert.That(connection.Counters.KeyMisses, Is.EqualTo(1));
        Assert.That(connection.Counters.KeyErrors, Is.EqualTo(1));
        Assert.That(connection.Counters.RequestErrors, Is.EqualTo(1));
    }

    [Test]
    public void Line_protocol_is_spoken_by_whoever_does_not_begin_with_a_star()
    {
        Assert.That(Replies("PING\n"), Is.EqualTo("OK PONG\n"));
        Assert.That(Replies("\n*1\r\n"), Does.StartWith("ERR UNKNOWN "));
        Assert.That(Replies("$4\r\nPING\r\n"), Does.StartWith("ERR UNKNOWN "));
    }

    private string Replies(string requests) => RepliesTo([ByteText.Bytes(requests)], together: true);

    private string RepliesTo(byte[][] pieces, bool together)
    {
        using DrainedConnection connection = new(_data);
        if (together)
        {
            connection.Deliver(pieces);
        }
        else
        {
            foreach (byte[] piece in pieces)
            {
                connection.Deliver(piece);
            }
        }

        Assert.That(connection.IsClosed, Is.False);
        return connection.Replies;
    }
}
