using KvTcp.Store.Index;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

[TestFixture]
public sealed class RecordTests
{
    [TestCase(0, 17)]
    [TestCase(1, 17)]
    [TestCase(31, 17)]
    [TestCase(32, 17)]
    [TestCase(33, 17)]
    [TestCase(127, 17)]
    [TestCase(128, 18)]
    [TestCase(255, 18)]
    [TestCase(256, 18)]
    [TestCase(257, 18)]
    [TestCase(16_383, 18)]
    [TestCase(16_384, 19)]
    [TestCase(1 << 20, 19)]
    [TestCase((1 << 21) - 1, 19)]
    [TestCase(1 << 21, 20)]
    [TestCase(16 << 20, 20)]
    public unsafe void Record_is_read_as_it_was_written(int length, int overhead)
    {
        byte[] value = new byte[length + Record.Slack];
        new Random(length).NextBytes(value);
        byte[] memory = new byte[length + Record.MaxOverhead + Record.Slack];
        memory.AsSpan().Fill(0xEE);
        fixed (byte* from = value, record = memory)
        {
            byte* end = Record.Write(record, 0x0123456789ABCDEF, 0xFEDCBA9876543210, from, length);
            byte* read = Record.Value(record, out int readLength);
            Assert.That(end - record, Is.EqualTo(length + overhead));
            Assert.That(readLength, Is.EqualTo(length));
            Assert.That(read + readLength == end, Is.True);
            Assert.That(new ReadOnlySpan<byte>(read, readLength).SequenceEqual(value.AsSpan(0, length)), Is.True);
            Assert.That(Record.HasKey(record, 0x0123456789ABCDEF, 0xFEDCBA9876543210), Is.True);
            Assert.That(Record.HasKey(record, 0x0123456789ABCDEF, 0xFEDCBA9876543211), Is.False);
            Assert.That(Record.HasKey(record, 0x0123456789ABCDEE, 0xFEDCBA9876543210), Is.False);
        }
    }

    [Test]
    public unsafe void Hash_of_a_pair_does_not_depend_on_what_follows_the_value()
    {
        byte[] value = new byte[100 + 16];
        for (int length = 0; length <= 100; length++)
        {
            fixed (byte* start = value)
            {
                value.AsSpan(length).Clear();
                ulong zeros = PairHash.Of(1, 2, start, length);
                value.AsSpan(length).Fill(0xFF);
                Assert.That(PairHash.Of(1, 2, start, length), Is.EqualTo(zeros), $"length {length}");
            }
        }
    }
}
