using System.Buffers;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

/// <summary>Both sides of the protocol work on the caller's buffers: a million requests allocate nothing.</summary>
[TestFixture]
public class AllocationTests
{
    private const int Iterations = 1_000_000;
    private const string Key = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

    [Test]
    public void Server_side_allocates_nothing_over_a_million_requests()
    {
        byte[] plain = ByteText.Bytes($"GET {Key}\nGET {Key}\r\n");
        ReadOnlySequence<byte> whole = SegmentedSequence.Whole(ByteText.Bytes($"MGET {Key} {Key}\r\n"));
        ReadOnlySequence<byte> cut = SegmentedSequence.Of(ByteText.Bytes("exists x\n"), [3]);
        Guid[] keys = new Guid[4];
        FixedBlock output = new(new byte[4096]);

        AssertAllocatesNothing(() =>
        {
            ReplyWriter writer = new(output);
            int count = RequestParser.ReadPlainGets(plain, false, keys, out _);
            Answer(whole, ref writer, ref count);
            Answer(cut, ref writer, ref count);
            writer.WriteValue("value"u8);
            writer.WriteNotFound();
            writer.WriteOk(count);
            writer.WriteLines(1);
            writer.WriteLine(CommandTable.HelpLine(0));
            writer.Complete();
            return count == 4 && writer.Written > 0;
        });
    }

    [Test]
    public void Client_side_allocates_nothing_over_a_million_requests()
    {
        Guid[] keys = [Guid.Parse(Key), Guid.Empty];
        FixedBlock output = new(new byte[4096]);
        byte[] text = ByteText.Bytes("OK value\nNOT_FOUND\nERR BAD_KEY no key\nLINES 12\n");
        ReadOnlySequence<byte> whole = SegmentedSequence.Whole(text);
        ReadOnlySequence<byte> cut = SegmentedSequence.ByteByByte(text);

        AssertAllocatesNothing(() =>
        {
            RequestWriter.WriteGet(output, keys[0]);
            RequestWriter.WriteMGet(output, keys);
            RequestWriter.WriteCommand(output, Command.Ping);
            RequestWriter.WriteAuth(output, "token"u8);
            return CountReplies(whole) == 4;
        });
        AssertAllocatesNothing(() => CountReplies(cut) == 4, Iterations / 10);
    }

    private static void Answer(ReadOnlySequence<byte> buffer, ref ReplyWriter writer, ref int count)
    {
        long searched = 0;
        Span<byte> joined = stackalloc byte[256];
        LineFraming.TryReadLine(ref buffer, LineFraming.MaxRequestLine, ref searched, out ReadOnlySequence<byte> line);
        line.CopyTo(joined);
        RequestParser.Parse(joined.Slice(0, (int)line.Length), out Request request);
        ReadOnlySpan<byte> arguments = request.Arguments;
        while (RequestParser.TryReadArgument(ref arguments, out ReadOnlySpan<byte> argument))
        {
            if (RequestParser.TryParseKey(argument, false, out _))
            {
                count++;
            }
            else
            {
                writer.WriteError(ErrorCode.BadKey, "no key"u8);
            }
        }
    }

    private static int CountReplies(ReadOnlySequence<byte> buffer)
    {
        int count = 0;
        long searched = 0;
        while (ReplyParser.TryRead(ref buffer, 1024, ref searched, out _) == ReplyStatus.Reply)
        {
            count++;
        }

        return count;
    }

    private static void AssertAllocatesNothing(Func<bool> body, int iterations = Iterations)
    {
        int wrong = 0;
        body();
        long allocated = Allocations.Least(() =>
        {
            for (int i = 0; i < iterations; i++)
            {
                wrong += body() ? 0 : 1;
            }
        });

        Assert.That(allocated, Is.Zero);
        Assert.That(wrong, Is.Zero, "the work was done");
    }

    /// <summary>The same block for every span, so that the output allocates nothing either.</summary>
    private sealed class FixedBlock(byte[] block) : IBufferWriter<byte>
    {
        public void Advance(int count) => ArgumentOutOfRangeException.ThrowIfGreaterThan(count, block.Length);

        public Span<byte> GetSpan(int sizeHint = 0) => block;

        public Memory<byte> GetMemory(int sizeHint = 0) => block;
    }
}
