using FsCheck;
using FsCheck.Fluent;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

/// <summary>The whole path from bytes to bytes, compared with <see cref="ProtocolModel"/> however the bytes are cut.</summary>
[TestFixture]
public class RequestDispatcherPropertyTests
{
    /// <summary>What one drain may write beyond its bound: the end of the reply that reached it, of which STATS is the longest.</summary>
    private const int LongestFixedReply = 2048;

    private static readonly int[] Lengths = [0, 1, 2, 3, 4, 5, 7, 10, 30, 40, 100, 300];

    private static Config Runs(int count) => Config.QuickThrowOnFailure.WithMaxTest(count);

    [TestCase(false)]
    [TestCase(true)]
    public void Drain_agrees_with_the_model_at_every_split(bool requireVersion4)
    {
        using TestDataset data = TestDataset.WithLengths(Lengths);
        ServerOptions options = new() { RequireVersion4 = requireVersion4 };
        Check.One(Runs(60), Prop.ForAll(new RequestStreams(Lengths.Length).Arbitrary(mostLines: 20), stream =>
        {
            byte[] bytes = stream.Bytes;
            ModelAnswer expected = ProtocolModel.Answer(data, options, bytes, ends: true);
            Compare(data, options, [bytes], together: true, expected);
            Compare(data, options, StreamCut.Every(bytes, 1), together: true, expected);
            foreach (byte[][] pieces in StreamCut.InTwo(bytes))
            {
                Compare(data, options, pieces, together: true, expected);
                Compare(data, options, pieces, together: false, expected);
            }
        }));
    }

    [Test]
    public void Drain_agrees_with_the_model_byte_by_byte_and_in_random_pieces()
    {
        using TestDataset data = TestDataset.WithLengths(Lengths);
        ServerOptions options = new();
        Check.One(Runs(30), Prop.ForAll(
            new RequestStreams(Lengths.Length).Arbitrary(mostLines: 25), ArbMap.Default.ArbFor<int>(), (stream, seed) =>
            {
                byte[] bytes = stream.Bytes;
                ModelAnswer expected = ProtocolModel.Answer(data, options, bytes, ends: true);
                Compare(data, options, StreamCut.Every(bytes, 1), together: false, expected);
                Compare(data, options, StreamCut.AtRandom(bytes, seed, largest: 60), together: true, expected);
                Compare(data, options, StreamCut.AtRandom(bytes, seed, largest: 200), together: false, expected);
            }));
    }

    [Test]
    public void Drain_agrees_with_the_model_when_values_fill_the_output_again_and_again()
    {
        int[] lengths = [0, 10, 3_000, 20_000, 65_530, 65_536, 70_000, 200_000];
        using TestDataset data = TestDataset.WithLengths(lengths);
        ServerOptions options = new();
        Check.One(Runs(60), Prop.ForAll(
            new RequestStreams(lengths.Length).Arbitrary(mostLines: 30), ArbMap.Default.ArbFor<int>(), (stream, seed) =>
            {
                byte[] bytes = stream.Bytes;
                ModelAnswer expected = ProtocolModel.Answer(data, options, bytes, ends: true);
                Compare(data, options, [bytes], together: true, expected);
                Compare(data, options, StreamCut.AtRandom(bytes, seed, largest: 300), together: false, expected);
                Compare(data, options, StreamCut.Every(bytes, 4096), together: true, expected);
            }));
    }

    private static void Compare(TestDataset data, ServerOptions options, byte[][] pieces, bool together, ModelAnswer expected)
    {
        using DrainedConnection connection = new(data, options);
        if (together)
        {
            connection.Deliver(pieces);
        }

        for (int i = 0; i < pieces.Length && !together && !connection.IsClosed; i++)
        {
            connection.Deliver(pieces[i]);
        }

        connection.End();
        string actual = Describe(ProtocolModel.WithoutErrorTexts(connection.Replies), connection.IsClosed, connection.Counters);
        string wanted = Describe(expected.Replies, expected.Closes, expected.Counters);
        if (!string.Equals(actual, wanted, StringComparison.Ordinal)
            || connection.LargestDrain > RequestDispatcher.MaxOutput + LongestFixedReply)
        {
            // Not an assertion: FsCheck tries many shorter streams, and only the last failure is to be reported.
            throw new InvalidOperationException(
                $"{pieces.Length} pieces {(together ? "together" : "one after another")}, the first of {pieces[0].Length} bytes, " +
                $"the largest drain of {connection.LargestDrain} bytes:\n{Cut(actual)}\nThe model:\n{Cut(wanted)}");
        }
    }

    private static string Describe(string replies, bool closes, ConnectionCounters counters) =>
        $"{replies}{(closes ? "closed" : "open")}; {counters.Requests} requests, {counters.KeyHits} hits, {counters.KeyMisses} misses, " +
        $"{counters.KeyErrors} key errors, {counters.RequestErrors} request errors";

    private static string Cut(string text) => text.Length <= 2000 ? text : $"{text[..1000]} [...] {text[^1000..]}";
}
