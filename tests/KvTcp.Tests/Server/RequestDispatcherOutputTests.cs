using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

/// <summary>A drain writes about <see cref="RequestDispatcher.MaxOutput"/> bytes and no more, wherever in an answer that is.</summary>
[TestFixture]
public class RequestDispatcherOutputTests
{
    /// <summary>The end of the reply that reaches the bound: OK, its space and LF, or a whole NOT_FOUND or ERR BAD_KEY.</summary>
    private const int ReplyEnd = 128;

    private const int Max = RequestDispatcher.MaxOutput;

    private static readonly int[] Lengths =
    [
        0, 1, 2, Max - 5, Max - 4, Max - 3, Max - 2, Max - 1, Max, Max + 1, Max + 2, Max + 3, Max + 4, Max + 5, 1 << 20,
    ];

    private TestDataset _data = null!;

    [OneTimeSetUp]
    public void Load() => _data = TestDataset.WithLengths(Lengths);

    [OneTimeTearDown]
    public void Free() => _data.Dispose();

    [Test]
    public void Get_of_a_value_around_the_bound_is_written_whole([Range(0, 14)] int number)
    {
        string get = $"GET {TestDataset.Key(number)}\n";
        int least = (Lengths[number] + 4) / (Max + ReplyEnd);
        Check(get, least);
        Check(get + "PING\n", least);
        Check("COUNT\n" + get, least);
        Check(get + get, least);
    }

    [Test]
    public void Get_of_a_value_that_begins_anywhere_before_the_bound_is_written_whole([Values(0, 1, 2, 11, 14)] int number)
    {
        // Replies of 4 and 5 bytes (empty values, and values of one byte) move the end of the filler over every byte around the bound.
        string filler = $"GET {TestDataset.Key(Array.IndexOf(Lengths, Max - 5))}\n";
        string last = string.Concat(Enumerable.Repeat($"GET {TestDataset.Key(number)}\n", 3));
        Check(filler + last, leastSuspensions: 0);
        for (int ones = 0; ones < 4; ones++)
        {
            string shift = string.Concat(Enumerable.Range(0, 3).Select(i => $"GET {TestDataset.Key(i < ones ? 1 : 0)}\n"));
            Check(shift + filler + last, leastSuspensions: 0);
            Check(filler + shift + last, leastSuspensions: 0);
        }
    }

    [Test]
    public void MGet_of_large_and_small_values_is_written_whole() =>
        Check(
            $"PING\nMGET {string.Join(' ', Enumerable.Range(0, 15).Concat([0, 14, 1, 14]).Select(TestDataset.Key))}\nPING\n",
            leastSuspensions: 40);

    [TestCase("x ", 30_000, Description = "malformed keys: more than 2 MiB of errors for a 60 KiB line")]
    [TestCase("00000001-dead-4bad-8bad-feedfeedfeed ", 1_771, Description = "misses")]
    [TestCase("x 00000001-dead-4bad-8bad-feedfeedfeed ", 1_600, Description = "errors and misses in turn")]
    public void MGet_with_many_keys_writes_no_more_than_the_bound_at_once(string keys, int count) =>
        Check($"MGET {string.Concat(Enumerable.Repeat(keys, count))}\nPING\n", leastSuspensions: 0);

    [Test]
    public void Errors_to_many_short_requests_write_no_more_than_the_bound_at_once() =>
        Check(string.Concat(Enumerable.Repeat("GET\n?\nGET x\n", 3_000)), leastSuspensions: 5);

    [TestCase(63)]
    [TestCase(64)]
    [TestCase(65)]
    [TestCase(127)]
    [TestCase(128)]
    [TestCase(129)]
    public void Runs_of_gets_around_the_size_of_a_batch_are_answered_in_order(int count)
    {
        IEnumerable<int> numbers = Enumerable.Range(0, count);
        string gets = string.Concat(numbers.Select(i => $"GET {(i % 3 == 0 ? TestDataset.Missing(i) : TestDataset.Key(1 + i % 2))}\n"));
        string keys = string.Join(' ', Enumerable.Range(0, count).Select(i => TestDataset.Key(i % 3)));
        Check(gets, leastSuspensions: 0);
        Check($"{gets}PING\n{gets}MGET {keys}\nEXISTS {keys}\n{gets}MGET {keys} x {keys}\n", leastSuspensions: 0);
    }

    private void Check(string requests, int leastSuspensions)
    {
        byte[] bytes = ByteText.Bytes(requests);
        ModelAnswer expected = ProtocolModel.Answer(_data, new ServerOptions(), bytes, ends: false);
        byte[][][] cuts = [[bytes], StreamCut.Every(bytes, 4096), StreamCut.AtRandom(bytes, seed: requests.Length, largest: 100)];
        foreach (byte[][] pieces in cuts)
        {
            using DrainedConnection together = new(_data);
            together.Deliver(pieces);
            Check(together, expected, leastSuspensions);

            using DrainedConnection inTurn = new(_data);
            Array.ForEach(pieces, piece => inTurn.Deliver(piece));
            Check(inTurn, expected, leastSuspensions: 0);
        }
    }

    private static void Check(DrainedConnection connection, ModelAnswer expected, int leastSuspensions)
    {
        // Is.EqualTo would take its time to describe megabytes; the lengths tell enough.
        string replies = ProtocolModel.WithoutErrorTexts(connection.Replies);
        Assert.That(replies, Has.Length.EqualTo(expected.Replies.Length));
        Assert.That(string.Equals(replies, expected.Replies, StringComparison.Ordinal), "the replies are those of the model");
        Assert.That(connection.LargestDrain, Is.LessThanOrEqualTo(Max + ReplyEnd));
        Assert.That(connection.Suspensions, Is.GreaterThanOrEqualTo(leastSuspensions));
    }
}
