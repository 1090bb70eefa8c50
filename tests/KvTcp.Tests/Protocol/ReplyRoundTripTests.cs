using System.Buffers;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

/// <summary>What <see cref="ReplyWriter"/> writes, <see cref="ReplyParser"/> reads, however the network cuts it.</summary>
[TestFixture]
public class ReplyRoundTripTests
{
    private static readonly Config Thousand = Config.QuickThrowOnFailure.WithMaxTest(1_000);

    // Codes and numbers have at most so many bytes as the parser looks at; the random numbers are 0s and 7s.
    private static readonly Regex Grammar = new(
        @"\A(OK( .*)?|NOT_FOUND|ERR [^ ]{1,59} .*|LINES (?=.{1,58}\z)0*[07]{1,9})\z",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        TimeSpan.FromSeconds(1));

    private static Gen<int[]> Cuts => Gen.Choose(0, 10_000).ArrayOf();

    [Test]
    public void Replies_are_read_back_under_any_split_and_any_block_size() =>
        Check.One(Thousand, Prop.ForAll(
            SampleReply.Any.ListOf().ToArbitrary(),
            Gen.Zip(Gen.Choose(1, 200), ArbMap.Default.GeneratorFor<bool>()).ToArbitrary(),
            Cuts.ToArbitrary(),
            (replies, how, cuts) =>
            {
                byte[] bytes = Written(replies, how.Item1, how.Item2);
                ReadOnlySequence<byte> buffer = SegmentedSequence.Of(bytes, Offsets(cuts, bytes.Length));
                return SampleReply.ReadAll(ref buffer, out ReplyStatus end).SequenceEqual(replies) &&
                    end == ReplyStatus.Incomplete && buffer.IsEmpty;
            }));

    [Test]
    public void Replies_that_arrive_in_pieces_are_read_once_each() =>
        Check.One(Thousand, Prop.ForAll(
            SampleReply.Any.ListOf().ToArbitrary(),
            Cuts.ToArbitrary(),
            (replies, cuts) =>
            {
                byte[] bytes = Written(replies, 4096, false);
                List<SampleReply> seen = [];
                int consumed = 0;
                foreach (int arrived in (int[])[.. Offsets(cuts, bytes.Length), bytes.Length])
                {
                    ReadOnlySequence<byte> buffer = SegmentedSequence.Whole(bytes.AsSpan(consumed..arrived));
                    seen.AddRange(SampleReply.ReadAll(ref buffer, out _));
                    consumed = arrived - (int)buffer.Length;
                }

                return seen.SequenceEqual(replies) && consumed == bytes.Length;
            }));

    [Test]
    public void Every_split_of_a_run_of_replies_reads_the_same()
    {
        SampleReply[] replies =
        [
            new(ReplyKind.Lines, LineCount: 3), new(ReplyKind.Ok, "value"), new(ReplyKind.NotFound), new(ReplyKind.Ok),
            new(ReplyKind.Error, "no key", ErrorCode.BadKey), new(ReplyKind.Ok, "NOT_FOUND"),
        ];
        using (Assert.EnterMultipleScope())
        {
            foreach (ReadOnlySequence<byte> received in SegmentedSequence.EverySplit(Written(replies, 4096, false)))
            {
                ReadOnlySequence<byte> buffer = received;
                Assert.That(SampleReply.ReadAll(ref buffer, out _), Is.EqualTo(replies));
                Assert.That(buffer.IsEmpty, Is.True);
            }
        }
    }

    [Test]
    public void Random_bytes_are_replies_where_the_grammar_says_so_whole_and_in_pieces() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5_000), Prop.ForAll(
            Gen.Elements("OK ", "OK", "NOT_FOUND", "ERR ", "LINES ", "BAD_KEY", " ", "\n", "\n", "\r", "7", "-", "\0", new string('0', 40))
                .ListOf().Select(parts => ByteText.Bytes(string.Concat(parts))).ToArbitrary(),
            Cuts.ToArbitrary(),
            (bytes, cuts) =>
            {
                ReadOnlySequence<byte> whole = SegmentedSequence.Whole(bytes);
                ReadOnlySequence<byte> pieces = SegmentedSequence.Of(bytes, Offsets(cuts, bytes.Length), (byte)' ');
                List<SampleReply> expected = SampleReply.ReadAll(ref whole, out ReplyStatus expectedEnd);
                int wellFormed = ByteText.Text(bytes).Split('\n').SkipLast(1).TakeWhile(line => Grammar.IsMatch(line)).Count();
                return expected.Count == wellFormed && SampleReply.ReadAll(ref pieces, out ReplyStatus end).SequenceEqual(expected) &&
                    end == expectedEnd && pieces.Length == whole.Length;
            }));

    private static byte[] Written(IEnumerable<SampleReply> replies, int blockSize, bool inParts)
    {
        BlockBufferWriter output = new(blockSize);
        ReplyWriter writer = new(output);
        foreach (SampleReply reply in replies)
        {
            reply.Write(ref writer, inParts);
        }

        writer.Complete();
        return output.Written;
    }

    private static int[] Offsets(int[] cuts, int length) => [.. cuts.Select(cut => cut % (length + 1)).Order()];
}
