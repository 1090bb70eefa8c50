using System.Buffers;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

[TestFixture]
public class RequestWriterTests
{
    private static readonly Guid Key = Guid.Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    private static readonly Guid Other = Guid.Parse("d94bd8f9-8b0f-4cbc-b1c4-5a2b0cbb0b1d");

    [Test]
    public void WriteGet_writes_a_plain_get()
    {
        byte[] written = Written(output => RequestWriter.WriteGet(output, Key));

        Assert.That(ByteText.Text(written), Is.EqualTo($"GET {Key}\n"));
        Assert.That(RequestParser.ReadPlainGets(written, false, new Guid[1], out _), Is.EqualTo(1), "the server's fast path takes it");
    }

    [Test]
    public void WriteMGet_writes_every_key_in_order() =>
        Assert.That(
            ByteText.Text(Written(output => RequestWriter.WriteMGet(output, [Key, Other, Key]))),
            Is.EqualTo($"MGET {Key} {Other} {Key}\n"));

    [Test]
    public void WriteExists_writes_every_key_in_order() =>
        Assert.That(
            ByteText.Text(Written(output => RequestWriter.WriteExists(output, [Other, Key]))),
            Is.EqualTo($"EXISTS {Other} {Key}\n"));

    [TestCase(Command.Count, "COUNT\n")]
    [TestCase(Command.Stats, "STATS\n")]
    [TestCase(Command.Version, "VERSION\n")]
    [TestCase(Command.Ping, "PING\n")]
    [TestCase(Command.Help, "HELP\n")]
    [TestCase(Command.Reload, "RELOAD\n")]
    [TestCase(Command.Rollback, "ROLLBACK\n")]
    [TestCase(Command.Quit, "QUIT\n")]
    public void WriteCommand_writes_a_command_without_arguments(Command command, string expected) =>
        Assert.That(ByteText.Text(Written(output => RequestWriter.WriteCommand(output, command))), Is.EqualTo(expected));

    [TestCase(Command.None, "no command")]
    [TestCase(Command.Get, "needs a key")]
    [TestCase(Command.MGet, "needs keys")]
    [TestCase(Command.Exists, "needs keys")]
    [TestCase(Command.Auth, "needs a token")]
    [TestCase((Command)200, "not in the table")]
    public void WriteCommand_anything_else_throws_and_writes_nothing(Command command, string reason)
    {
        BlockBufferWriter output = new(64);

        Assert.That(() => RequestWriter.WriteCommand(output, command), Throws.ArgumentException, reason);
        Assert.That(output.Written, Is.Empty);
    }

    [Test]
    public void MaxKeys_fit_in_the_longest_line_of_both_commands_and_no_key_more_does()
    {
        Guid[] keys = [.. Enumerable.Repeat(Key, RequestWriter.MaxKeys)];
        byte[] mget = Written(output => RequestWriter.WriteMGet(output, keys));
        byte[] exists = Written(output => RequestWriter.WriteExists(output, keys));

        Assert.That(exists.Length + 37, Is.GreaterThan(LineFraming.MaxRequestLine), "one key more would not fit");
        foreach (byte[] written in (byte[][])[mget, exists])
        {
            ReadOnlySequence<byte> buffer = SegmentedSequence.Of(written, [4096, 40_000]);
            SeenRequest request = RequestReading.ReadAll(ref buffer).Single();

            Assert.That(request.Status, Is.EqualTo(RequestStatus.Request));
            Assert.That(request.Arguments.Split('|'), Has.Length.EqualTo(RequestWriter.MaxKeys));
        }
    }

    [TestCase(0)]
    [TestCase(RequestWriter.MaxKeys + 1)]
    public void No_key_and_one_key_too_many_throw_and_write_nothing(int count)
    {
        BlockBufferWriter output = new(64);
        Guid[] keys = new Guid[count];

        Assert.That(() => RequestWriter.WriteMGet(output, keys), Throws.InstanceOf<ArgumentOutOfRangeException>()
            .With.Property(nameof(ArgumentException.ParamName)).EqualTo("keys"));
        Assert.That(() => RequestWriter.WriteExists(output, keys), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(output.Written, Is.Empty);
    }

    [TestCase("t", "one letter")]
    [TestCase("s3cret!\u00E4\t", "any bytes but space, CR, LF")]
    public void WriteAuth_writes_the_token(string token, string reason)
    {
        byte[] written = Written(output => RequestWriter.WriteAuth(output, ByteText.Bytes(token)));

        Assert.That(ByteText.Text(written), Is.EqualTo($"AUTH {token}\n"), reason);
        Assert.That(
            RequestReading.Parse(written.AsSpan(0, written.Length - 1)),
            Is.EqualTo(new SeenRequest(RequestStatus.Request, Command.Auth, token)));
    }

    [TestCase("", "no token")]
    [TestCase("a b", "a space: the server would count two arguments")]
    [TestCase(" a", "a space before")]
    [TestCase("a ", "a space after, which the server trims")]
    [TestCase("a\n", "an LF ends the line")]
    [TestCase("a\nQUIT", "a request smuggled in")]
    [TestCase("a\r", "a CR, which the server takes for the end of the line")]
    [TestCase("a\rb", "a CR inside")]
    public void WriteAuth_token_that_cannot_stand_in_a_line_throws_and_writes_nothing(string token, string reason)
    {
        BlockBufferWriter output = new(64);

        Assert.That(() => RequestWriter.WriteAuth(output, ByteText.Bytes(token)), Throws.ArgumentException, reason);
        Assert.That(output.Written, Is.Empty);
    }

    [Test]
    public void WriteAuth_longest_token_fills_the_line_and_one_byte_more_throws()
    {
        byte[] token = [.. Enumerable.Repeat((byte)'t', LineFraming.MaxRequestLine - 6)];
        byte[] written = Written(output => RequestWriter.WriteAuth(output, token));
        ReadOnlySequence<byte> buffer = new(written);

        Assert.That(written, Has.Length.EqualTo(LineFraming.MaxRequestLine));
        Assert.That(RequestReading.ReadAll(ref buffer).Single().Arguments, Has.Length.EqualTo(token.Length));
        Assert.That(() => RequestWriter.WriteAuth(new BlockBufferWriter(64), [.. token, (byte)'t']), Throws.ArgumentException);
    }

    private static byte[] Written(Action<BlockBufferWriter> write)
    {
        BlockBufferWriter output = new(16);
        write(output);
        return output.Written;
    }
}
