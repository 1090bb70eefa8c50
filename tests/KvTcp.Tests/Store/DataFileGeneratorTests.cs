using System.Text;
using KvTcp.Protocol;
using KvTcp.Store;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

[TestFixture]
public sealed class DataFileGeneratorTests
{
    [Test]
    public void Lines_are_the_keys_and_values_of_their_indexes()
    {
        using var stream = new MemoryStream();
        DataFileGenerator.Write(stream, 40_000, seed: 11);
        string[] lines = Encoding.ASCII.GetString(stream.ToArray()).Split('\n');
        Assert.That(lines, Has.Length.EqualTo(40_001));
        Assert.That(lines[^1], Is.Empty);
        byte[] value = new byte[70];
        for (int i = 0; i < 40_000; i += 37)
        {
            int length = DataFileGenerator.ValueAt(11, i, value);
            Assert.That(lines[i], Is.EqualTo($"{DataFileGenerator.KeyAt(11, i)} {Encoding.ASCII.GetString(value, 0, length)}"));
        }
    }

    [Test]
    public void Keys_are_distinct_version_4_uuids()
    {
        Guid[] keys = [.. Enumerable.Range(0, 10_000).SelectMany(i => (Guid[])[DataFileGenerator.KeyAt(1, i), DataFileGenerator.KeyAt(2, i)])];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(keys.Distinct().Count(), Is.EqualTo(keys.Length));
            Assert.That(keys.All(UuidText.IsVersion4), Is.True);
        }
    }

    [Test]
    public void Values_have_every_length_of_the_range_and_printable_characters()
    {
        var lengths = new SortedSet<int>();
        byte[] value = new byte[70];
        for (int i = 0; i < 5000; i++)
        {
            int length = DataFileGenerator.ValueAt(1, i, value);
            lengths.Add(length);
            Assert.That(value.AsSpan(0, length).IndexOfAnyExceptInRange((byte)0x21, (byte)0x7E), Is.EqualTo(-1));
        }

        Assert.That(lengths, Is.EqualTo(Enumerable.Range(10, 61)));
    }

    [Test]
    public void Same_seed_gives_the_same_file_for_ever() =>
        Assert.That(DataFileGenerator.KeyAt(1, 0), Is.EqualTo(Guid.Parse("bff50576-3b60-4d4e-94e1-d14d08e7a77a")));

    [TestCase(0, 0)]
    [TestCase(5, 5)]
    [TestCase(0, 3000)]
    public void Value_lengths_can_be_chosen(int min, int max)
    {
        using var stream = new MemoryStream();
        DataFileGenerator.Write(stream, 100, 1, min, max);
        string[] lines = Encoding.ASCII.GetString(stream.ToArray()).TrimEnd('\n').Split('\n');
        Assert.That(lines.Select(line => line.Length - 37), Is.All.InRange(min, max));
    }

    [TestCase(-1, 10, 70)]
    [TestCase(1, -1, 70)]
    [TestCase(1, 71, 70)]
    [TestCase(1, 0, (16 << 20) + 1)]
    public void Numbers_outside_the_limits_are_refused(long count, int min, int max) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => DataFileGenerator.Write(Stream.Null, count, 1, min, max));

    [Test]
    public void Destination_that_is_too_short_is_refused() =>
        Assert.Throws<ArgumentException>(() => DataFileGenerator.ValueAt(1, 0, new byte[9]));

    [Test]
    public void Writing_can_be_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.Throws<OperationCanceledException>(
            () => DataFileGenerator.Write(Stream.Null, 100_000, cancellationToken: cancellation.Token));
    }
}
