using System.Buffers.Binary;
using System.Text;
using KvTcp.Store;
using KvTcp.Store.Index;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

/// <summary>Reads a snapshot by docs/snapshot-format.md alone; only the hash of the keys is the program's.</summary>
public sealed class SnapshotFormatTests
{
    private SnapshotSample _sample = null!;

    private byte[] Bytes => _sample.Bytes;

    [OneTimeSetUp]
    public void BuildOnce() => _sample = SnapshotSample.OfRandom(40_000, 0, 300);

    [OneTimeTearDown]
    public void RemoveOnce() => _sample.Dispose();

    [Test]
    public void Checksum_is_the_one_of_the_standard() =>
        Assert.That(Crc32C.Of("123456789"u8), Is.EqualTo(0xE3069283), "the check value of CRC-32C");

    [Test]
    public void Header_has_the_documented_fields()
    {
        DatasetStatistics statistics = _sample.Statistics;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Bytes[..8], Is.EqualTo(Convert.FromHexString("894b56530d0a1a0a")));
            Assert.That((At32(8), At32(12), At32(16), At32(20)), Is.EqualTo((1u, 4096u, 1u << 20, 1u)));
            Assert.That(At64(24), Is.EqualTo((ulong)Bytes.Length));
            Assert.That((At64(32), At64(40)), Is.EqualTo((40_000UL, _sample.Id.Value)));
            Assert.That((At64(72), At64(88)), Is.EqualTo(((ulong)statistics.Slots, (ulong)statistics.ValueBytes)));
            Assert.That((double)At64(96) / 40_000, Is.EqualTo(statistics.MeanProbe).Within(1e-9));
            Assert.That((At32(104), At32(108)), Is.EqualTo(((uint)statistics.LongestProbe, 300u)));
            Assert.That(At64(112), Is.EqualTo((ulong)_sample.Info.Built.ToUnixTimeMilliseconds()));
            Assert.That(Bytes[124..4092], Is.All.Zero);
            Assert.That(At32(4092), Is.EqualTo(Crc32C.Of(Bytes.AsSpan(0, 4092))));
        }
    }

    [Test]
    public void Checksums_cover_every_byte_behind_the_header()
    {
        int start = ChecksumsStart;
        int blocks = (start - 4096 + (1 << 20) - 1) >> 20;
        Assert.That(blocks, Is.GreaterThan(3));
        Assert.That(Bytes, Has.Length.EqualTo(start + (4 * blocks)));
        Assert.That(At32(120), Is.EqualTo(Crc32C.Of(Bytes.AsSpan(start))));
        for (int block = 0; block < blocks; block++)
        {
            int from = 4096 + (block << 20);
            Assert.That(At32(start + (4 * block)), Is.EqualTo(Crc32C.Of(Bytes.AsSpan(from, Math.Min(1 << 20, start - from)))));
        }
    }

    [Test]
    public void Padding_is_zero()
    {
        int slotsEnd = 4096 + (8 * (int)At64(72));
        Assert.That(Bytes[(slotsEnd - 32)..slotsEnd], Is.All.Zero, "the last slots");
        Assert.That(Bytes[slotsEnd..(RecordsStart + 64)], Is.All.Zero);
        int recordsEnd = RecordsStart + (int)At64(80);
        Assert.That(ChecksumsStart - recordsEnd, Is.GreaterThanOrEqualTo(64));
        Assert.That(Bytes[recordsEnd..ChecksumsStart], Is.All.Zero);
    }

    [Test]
    public void Every_pair_is_found_by_its_hash()
    {
        foreach ((Guid key, byte[] value) in _sample.Pairs)
        {
            Assert.That(Find(key), Is.EqualTo(value));
        }
    }

    [Test]
    public void Records_follow_each_other()
    {
        int count = 0;
        int position = RecordsStart + 64;
        for (; position < RecordsStart + (int)At64(80); count++)
        {
            (Guid key, byte[] value, position) = RecordAt(position);
            Assert.That(value, Is.EqualTo(_sample.Pairs[key]));
        }

        Assert.That((count, position), Is.EqualTo((40_000, RecordsStart + (int)At64(80))));
    }

    private int RecordsStart => (4096 + (8 * (int)At64(72)) + 4095) & ~4095;

    private int ChecksumsStart => (RecordsStart + (int)At64(80) + 64 + 4095) & ~4095;

    private byte[]? Find(Guid key)
    {
        byte[] bytes = key.ToByteArray();
        ulong hash = new KeyHash(At64(48), At64(56)).Of(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8)));
        int slot = (int)(((UInt128)hash * At64(64)) >> 64);
        for (; At64(4096 + (8 * slot)) is var entry && entry != 0; slot++)
        {
            (Guid found, byte[] value, _) = RecordAt(RecordsStart + (int)(entry & 0xFF_FFFF_FFFF));
            if (entry >> 40 == (hash & 0xFF_FFFF) && found == key)
            {
                return value;
            }
        }

        return null;
    }

    private (Guid Key, byte[] Value, int End) RecordAt(int position)
    {
        string hex = Convert.ToHexString(Bytes, position, 16);
        // The UUID as text: the first three groups have their bytes reversed.
        StringBuilder text = new();
        foreach (int index in (int[])[3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15])
        {
            text.Append(hex, index * 2, 2);
        }

        int length = Bytes[position + 16];
        int start = position + 17;
        if (length >= 0x80)
        {
            length = (length & 0x7F) | (Bytes[start++] << 7);
        }

        return (Guid.ParseExact(text.ToString(), "N"), Bytes[start..(start + length)], start + length);
    }

    private uint At32(int position) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(position));

    private ulong At64(int position) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(position));
}
