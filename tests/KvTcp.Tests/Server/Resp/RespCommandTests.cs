using KvTcp.Protocol.Resp;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;
using static KvTcp.Tests.Support.RespText;

namespace KvTcp.Tests.Server.Resp;

/// <summary>The commands that are not about keys alone.</summary>
[TestFixture]
public class RespCommandTests
{
    private const string Ok = "+OK\r\n";

    private static readonly TokenGuard Token = new(AuthToken.TryCreate("secret")!, TimeSpan.Zero, TimeProvider.System);

    private TestDataset _data = null!;

    [OneTimeSetUp]
    public void Load() => _data = TestDataset.WithLengths(Enumerable.Repeat(5, 1_000));

    [OneTimeTearDown]
    public void Free() => _data.Dispose();

    [TestCase("PING", "+PONG\r\n")]
    [TestCase("PING hello", "$5\r\nhello\r\n")]
    [TestCase("PING a b", "-ERR wrong number of arguments for 'ping' command\r\n")]
    [TestCase("ECHO hello", "$5\r\nhello\r\n")]
    [TestCase("SELECT 0", Ok)]
    [TestCase("SELECT 1", "-ERR DB index is out of range\r\n")]
    [TestCase("SELECT x", "-ERR value is not an integer or out of range\r\n")]
    [TestCase("READONLY", Ok)]
    [TestCase("DBSIZE", ":1000\r\n")]
    [TestCase("AUTH secret", "-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n")]
    [TestCase("AUTH a b c", "-ERR syntax error\r\n")]
    [TestCase("CONFIG GET save", "*2\r\n$4\r\nsave\r\n$0\r\n\r\n")]
    [TestCase("CONFIG GET appendo* S?VE", "*4\r\n$10\r\nappendonly\r\n$2\r\nno\r\n$4\r\nsave\r\n$0\r\n\r\n")]
    [TestCase("CONFIG GET nothing", "*0\r\n")]
    [TestCase("CONFIG GET", "-ERR wrong number of arguments for 'config|get' command\r\n")]
    [TestCase("CONFIG SET save x", "-ERR unknown subcommand 'SET'. Try CONFIG HELP.\r\n")]
    [TestCase("CLIENT GETNAME", "$-1\r\n")]
    [TestCase("CLIENT SETNAME a\u0001b", "-ERR Client names cannot contain spaces, newlines or special characters.\r\n")]
    [TestCase("CLIENT SETINFO LIB-NAME x", Ok)]
    [TestCase("CLIENT SETINFO other x", "-ERR syntax error\r\n")]
    [TestCase("CLIENT NO-EVICT on", Ok)]
    [TestCase("CLIENT ID x", "-ERR wrong number of arguments for 'client|id' command\r\n")]
    [TestCase("CLIENT KILL x", "-ERR unknown subcommand 'kill'. Try CLIENT HELP.\r\n")]
    [TestCase("COMMAND COUNT", ":22\r\n")]
    [TestCase("COMMAND INFO get what", "*2\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n*0\r\n*0\r\n*0\r\n*0\r\n$-1\r\n")]
    [TestCase("COMMAND DOCS set", "*0\r\n", Description = "a write is not documented")]
    [TestCase("COMMAND WHAT", "-ERR unknown subcommand 'what'. Try COMMAND HELP.\r\n")]
    [TestCase("INFO nothing", "$0\r\n\r\n")]
    [TestCase("HELLO 4", "-NOPROTO unsupported protocol version\r\n")]
    [TestCase("HELLO x", "-ERR Protocol version is not an integer or out of range\r\n")]
    [TestCase("HELLO 3 WHAT", "-ERR syntax error\r\n")]
    [TestCase("HELLO 3 AUTH a", "-ERR syntax error\r\n")]
    [TestCase("SCAN x", "-ERR invalid cursor\r\n")]
    [TestCase("SCAN -1", "-ERR invalid cursor\r\n")]
    [TestCase("SCAN 99999999999999999999", "-ERR invalid cursor\r\n")]
    [TestCase("SCAN 0 COUNT", "-ERR syntax error\r\n")]
    [TestCase("SCAN 0 COUNT 0", "-ERR syntax error\r\n")]
    [TestCase("SCAN 0 COUNT x", "-ERR value is not an integer or out of range\r\n")]
    public void Command_is_answered_as_Redis_answers(string request, string reply) => Assert.That(Replies(request), Is.EqualTo(reply));

    [Test]
    public void Hello_changes_the_types_of_later_replies_and_reset_changes_them_back()
    {
        using DrainedConnection connection = new(_data);
        string before = Ask(connection, "GET x");
        string hello = Ask(connection, "HELLO 3 SETNAME me");

        Assert.That(before, Is.EqualTo("$-1\r\n"));
        Assert.That(hello, Does.StartWith("%7\r\n$6\r\nserver\r\n$5\r\nkvtcp\r\n").And.Contain("$5\r\nproto\r\n:3\r\n"));
        Assert.That(Ask(connection, "GET x"), Is.EqualTo("_\r\n"));
        Assert.That(Ask(connection, "CLIENT GETNAME"), Is.EqualTo(Bulk("me")));
        Assert.That(Ask(connection, "CONFIG GET save"), Is.EqualTo("%1\r\n$4\r\nsave\r\n$0\r\n\r\n"));
        Assert.That(Ask(connection, "INFO replication"), Does.StartWith("=").And.Contain("\r\ntxt:# Replication\r\nrole:master\r\n"));
        Assert.That(Ask(connection, "RESET"), Is.EqualTo("+RESET\r\n"));
        Assert.That(Ask(connection, "GET x"), Is.EqualTo("$-1\r\n"));
        Assert.That(Ask(connection, "CLIENT GETNAME"), Is.EqualTo("$-1\r\n"));
    }

    [Test]
    public void Before_it_has_authenticated_a_connection_is_told_so()
    {
        using DrainedConnection connection = new(_data, new ServerOptions { AuthToken = Token });
        string key = TestDataset.Key(0).ToString();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Ask(connection, $"GET {key}"), Is.EqualTo("-NOAUTH Authentication required.\r\n"));
            Assert.That(Ask(connection, $"MGET {key} {key}"), Is.EqualTo("-NOAUTH Authentication required.\r\n"));
            Assert.That(Ask(connection, "INFO"), Is.EqualTo("-NOAUTH Authentication required.\r\n"));
            Assert.That(Ask(connection, "PING"), Is.EqualTo("-NOAUTH Authentication required.\r\n"));
            Assert.That(Ask(connection, "HELLO 3"), Does.StartWith("-NOAUTH HELLO must be called with"));
            Assert.That(Ask(connection, "AUTH wrong"), Does.StartWith("-WRONGPASS "));
            Assert.That(Ask(connection, "HELLO 3 AUTH default wrong"), Does.StartWith("-WRONGPASS "));
            Assert.That(Ask(connection, $"ECHO {new string('x', 5_000)}"), Does.StartWith("-NOAUTH "));
        }
    }

    [TestCase("AUTH secret", Ok)]
    [TestCase("AUTH default secret", Ok)]
    [TestCase("HELLO 2 AUTH default secret", "*14\r\n")]
    public void Whoever_has_authenticated_is_answered_until_it_resets(string request, string reply)
    {
        using DrainedConnection connection = new(_data, new ServerOptions { AuthToken = Token });

        Assert.That(Ask(connection, request), Does.StartWith(reply));
        Assert.That(Ask(connection, $"GET {TestDataset.Key(0)}"), Does.StartWith("$5\r\n"));
        Assert.That(Ask(connection, "RESET"), Is.EqualTo("+RESET\r\n"));
        Assert.That(Ask(connection, $"GET {TestDataset.Key(0)}"), Does.StartWith("-NOAUTH "));
    }

    [TestCase("", 1_000, Description = "all")]
    [TestCase(" COUNT 1", 1_000)]
    [TestCase(" COUNT 100000", 1_000)]
    [TestCase(" MATCH 0000000?-*", 16)]
    [TestCase(" MATCH 000000[01][0-7]-ABCD-* COUNT 50", 16)]
    [TestCase(" MATCH nothing", 0)]
    [TestCase(" TYPE string", 1_000)]
    [TestCase(" TYPE hash", 0)]
    public void Scan_gives_every_key_once(string options, int count)
    {
        List<string> keys = [];
        string cursor = "0";
        do
        {
            string[] lines = Replies($"SCAN {cursor}{options}").Split("\r\n");
            cursor = lines[2];
            keys.AddRange(lines.Skip(5).Where((_, i) => i % 2 == 0).Where(static line => line.Length > 0));
        }
        while (!string.Equals(cursor, "0", StringComparison.Ordinal));

        Assert.That(keys, Is.Unique);
        Assert.That(keys, Has.Count.EqualTo(count));
        Assert.That(keys.Select(Guid.Parse), Is.SubsetOf(_data.Pairs.Keys));
    }

    [Test]
    public void Scan_with_the_cursor_of_another_dataset_is_refused()
    {
        using TestDataset other = TestDataset.WithLengths(Enumerable.Repeat(6, 1_000));
        string cursor = Replies("SCAN 0").Split("\r\n")[2];
        using DrainedConnection connection = new(other);

        Assert.That(Ask(connection, $"SCAN {cursor}"), Does.StartWith("-ERR the dataset has changed since this SCAN began"));
    }

    [Test]
    public void Scan_with_the_cursor_of_another_load_of_the_same_pairs_is_refused()
    {
        using TestDataset same = TestDataset.WithLengths(Enumerable.Repeat(5, 1_000));
        string cursor = Replies("SCAN 0").Split("\r\n")[2];
        using DrainedConnection connection = new(same);

        Assert.That(same.Dataset.Id, Is.EqualTo(_data.Dataset.Id));
        Assert.That(Ask(connection, $"SCAN {cursor}"), Does.StartWith("-ERR the dataset has changed since this SCAN began"));
    }

    [Test]
    public void Pattern_of_the_limit_is_taken_and_a_longer_one_is_refused()
    {
        Assert.That(Replies($"SCAN 0 COUNT 512 MATCH {new string('*', 256)}"), Does.StartWith("*2\r\n"));
        Assert.That(Replies($"SCAN 0 COUNT 512 MATCH {new string('*', 257)}"), Is.EqualTo("-ERR the arguments of this command are too long\r\n"));
    }

    [Test]
    public void Name_of_the_limit_is_taken_and_a_longer_one_is_refused()
    {
        Assert.That(Replies($"CLIENT SETNAME {new string('n', 64)}"), Is.EqualTo(Ok));
        Assert.That(Replies($"CLIENT SETNAME {new string('n', 65)}"), Does.StartWith("-ERR Client names cannot"));
    }

    [Test]
    public void Random_key_is_a_key_of_the_dataset_and_not_always_the_same()
    {
        HashSet<Guid> keys = [.. Enumerable.Range(0, 50).Select(_ => Guid.Parse(Replies("RANDOMKEY").Split("\r\n")[1]))];

        Assert.That(keys, Is.SubsetOf(_data.Pairs.Keys));
        Assert.That(keys, Has.Count.GreaterThan(10));
        using TestDataset empty = TestDataset.WithLengths();
        using DrainedConnection connection = new(empty);
        Assert.That(Ask(connection, "RANDOMKEY"), Is.EqualTo("$-1\r\n"));
    }

    [Test]
    public void Info_has_what_clients_look_for()
    {
        string info = Replies("INFO");

        Assert.That(info, Does.Contain("# Server\r\nredis_version:7.").And.Contain("\r\nloading:0\r\n").And.Contain("\r\nredis_mode:standalone\r\n"));
        Assert.That(info, Does.Contain("\r\nrole:master\r\n").And.Contain("\r\ndb0:keys=1000,expires=0,avg_ttl=0\r\n"));
        Assert.That(Replies("INFO KEYSPACE"), Is.EqualTo(Bulk("# Keyspace\r\ndb0:keys=1000,expires=0,avg_ttl=0\r\n")));
    }

    [Test]
    public void Client_list_shows_the_connection_with_its_names()
    {
        using DrainedConnection connection = new(_data);
        Ask(connection, "CLIENT SETNAME me");
        Ask(connection, "CLIENT SETINFO LIB-NAME lib");
        Ask(connection, "CLIENT SETINFO LIB-VER 1.2");
        string id = Ask(connection, "CLIENT ID").Trim(':', '\r', '\n');

        Assert.That(Ask(connection, "CLIENT LIST"), Does.Contain($"\nid={id} ").And.Contain(" name=me ").And.Contain(" lib-name=lib lib-ver=1.2"));
        Assert.That(Ask(connection, "CLIENT INFO"), Does.Contain($"id={id} "));
    }

    [Test]
    public void Command_docs_describe_every_command()
    {
        string docs = Replies("COMMAND DOCS");

        Assert.That(docs, Does.StartWith($"*{2 * RespCommandTable.All.Count}\r\n"));
        foreach (RespCommandInfo command in RespCommandTable.All)
        {
            Assert.That(docs, Does.Contain(Bulk(command.Name)).And.Contain(Bulk(command.Summary)));
        }
    }

    private static string Ask(DrainedConnection connection, string request)
    {
        int before = connection.Replies.Length;
        connection.Deliver(ByteText.Bytes(Request(request.Split(' '))));
        return connection.Replies[before..];
    }

    private string Replies(string request)
    {
        using DrainedConnection connection = new(_data);
        return Ask(connection, request);
    }
}
