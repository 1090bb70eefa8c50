using KvTcp.Store;
using Microsoft.Win32.SafeHandles;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

/// <summary>Damaged snapshots: found wherever checksums are read, and never the end of the process where they are not.</summary>
public sealed class SnapshotDamageTests
{
    private static readonly SnapshotLoad[] Ways = Enum.GetValues<SnapshotLoad>();

    private SnapshotSample _sample = null!;

    [OneTimeSetUp]
    public void BuildOnce() => _sample = SnapshotSample.OfRandom(120);

    [OneTimeTearDown]
    public void RemoveOnce() => _sample.Dispose();

    [Test]
    public void Every_flipped_byte_of_the_header_is_refused_in_every_way()
    {
        string path = _sample.Write(_sample.Bytes);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        for (int place = 0; place < SnapshotHeader.Length; place++)
        {
            RandomAccess.Write(file, [(byte)(_sample.Bytes[place] ^ (1 << (place % 8)))], place);
            AssertRefused(path, Ways[place % Ways.Length], $"byte {place}");
            Assert.That(() => SnapshotFile.ReadInfo(path), Throws.TypeOf<DataFileException>(), $"byte {place}");
            RandomAccess.Write(file, [_sample.Bytes[place]], place);
        }

        using Dataset restored = SnapshotSample.Open(path, SnapshotLoad.Verify).Dataset;
        _sample.AssertHeldBy(restored);
    }

    [Test]
    public void Every_flipped_byte_of_the_body_is_found_by_checksums_and_harmless_without()
    {
        var random = new Random(5);
        string path = _sample.Write(_sample.Bytes);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        for (int place = SnapshotHeader.Length; place < _sample.Bytes.Length; place++)
        {
            RandomAccess.Write(file, [(byte)(_sample.Bytes[place] ^ random.Next(1, 256))], place);
            Assert.That(() => SnapshotFile.Verify(path), Throws.TypeOf<DataFileException>().With.Message.Contains("is damaged in its "), $"byte {place}");
            if (place % 11 == 0)
            {
                AssertRefused(path, SnapshotLoad.Copy, $"byte {place}");
                AssertRefused(path, SnapshotLoad.Verify, $"byte {place}");
                using Dataset mapped = SnapshotSample.Open(path, SnapshotLoad.Map).Dataset;
                Assert.That(_sample.Exhaust(mapped), Is.InRange(118, 120), "a byte belongs to one key, or to the way to a few");
            }

            RandomAccess.Write(file, [_sample.Bytes[place]], place);
        }
    }

    [TestCase(0xFF, TestName = "All_ones")]
    [TestCase(0x80, TestName = "Lengths_that_never_end")]
    [TestCase(0x01, TestName = "Small_offsets")]
    [TestCase(-1, TestName = "Random_bytes")]
    [TestCase(-2, TestName = "More_random_bytes")]
    public void Body_of_rubbish_does_not_end_the_process(int pattern)
    {
        byte[] bytes = [.. _sample.Bytes];
        Span<byte> body = bytes.AsSpan(SnapshotHeader.Length);
        if (pattern < 0)
        {
            new Random(pattern).NextBytes(body);
        }
        else
        {
            body.Fill((byte)pattern);
        }

        string path = _sample.Write(bytes);
        using Dataset mapped = SnapshotSample.Open(path, SnapshotLoad.Map).Dataset;
        Assert.That(_sample.Exhaust(mapped), Is.InRange(0, 120));
        AssertRefused(path, SnapshotLoad.Copy, "a copy is verified");
    }

    [Test]
    public void Slots_that_lead_to_the_end_of_the_records_do_not_end_the_process([Range(-40, 70)] int distance)
    {
        // The tags stay right, so that each of these offsets is followed.
        byte[] bytes = [.. _sample.Bytes];
        DatasetStatistics statistics = _sample.Info.Statistics;
        long recordsEnd = 64 + statistics.RecordBytes;
        for (int slot = 0; slot < statistics.Slots; slot++)
        {
            Span<byte> entry = bytes.AsSpan(SnapshotHeader.Length + (slot * sizeof(ulong)), sizeof(ulong));
            ulong value = BitConverter.ToUInt64(entry);
            ulong offset = (ulong)Math.Max(1, recordsEnd + distance);
            BitConverter.TryWriteBytes(entry, value == 0 ? 0 : (value & ~((1UL << 40) - 1)) | offset);
        }

        using Dataset mapped = SnapshotSample.Open(_sample.Write(bytes), SnapshotLoad.Map).Dataset;
        Assert.That(_sample.Exhaust(mapped), Is.InRange(0, 1), "at most the key that happens to stand there");
    }

    [Test]
    public void Record_whose_length_leads_out_of_the_records_is_a_miss()
    {
        byte[] bytes = [.. _sample.Bytes];
        // No value of the sample is longer than 40, so its length is the byte behind its key.
        int recordsStart = (int)((SnapshotHeader.Length + _sample.Info.Statistics.IndexBytes + 4095) & ~4095L);
        foreach (Guid key in _sample.Pairs.Keys)
        {
            int place = bytes.AsSpan(recordsStart).IndexOf(key.ToByteArray());
            new byte[] { 0xFF, 0xFF, 0xFF, 0x7F }.CopyTo(bytes, recordsStart + place + 16);
        }

        using Dataset mapped = SnapshotSample.Open(_sample.Write(bytes), SnapshotLoad.Map).Dataset;
        Assert.That(_sample.Exhaust(mapped), Is.Zero);
    }

    [Test]
    public void Every_length_but_the_right_one_is_refused()
    {
        using SnapshotSample small = SnapshotSample.OfRandom(3);
        string path = small.Write(small.Bytes);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        int whole = small.Bytes.Length;
        foreach (int length in (int[])[whole + 5000, whole + 1, .. Enumerable.Range(0, whole).Reverse()])
        {
            RandomAccess.SetLength(file, length);
            AssertRefused(path, SnapshotLoad.Map, $"{length} bytes");
            if (length % 31 == 0 || length > whole - 10)
            {
                AssertRefused(path, SnapshotLoad.Copy, $"{length} bytes");
                Assert.That(() => SnapshotSample.Open(path, SnapshotLoad.Copy, asStream: true), Throws.TypeOf<DataFileException>(), $"{length} bytes, as a stream");
            }
        }
    }

    [TestCase(2)]
    [TestCase(0)]
    [TestCase(int.MaxValue)]
    public void Other_version_is_refused_with_both_versions_named(int version)
    {
        byte[] bytes = [.. _sample.Bytes];
        BitConverter.TryWriteBytes(bytes.AsSpan(8), version);
        Assert.That(
            () => SnapshotFile.ReadInfo(_sample.Write(bytes)),
            Throws.TypeOf<DataFileException>().With.Message.Contains($"has format version {version}, and this program reads version 1; "));
    }

    [TestCase(0, "slots or records")]
    [TestCase(3 << 20, "records")]
    public void Damage_is_located(int place, string part)
    {
        using SnapshotSample large = SnapshotSample.OfRandom(20_000, 200, 300);
        byte[] bytes = [.. large.Bytes];
        bytes[SnapshotHeader.Length + place] ^= 1;
        bytes[^100_000] ^= 1;
        Assert.That(
            () => SnapshotFile.Verify(large.Write(bytes)),
            Throws.TypeOf<DataFileException>().With.Message.EndsWith(
                $"is damaged in its {part}, bytes {4096 + place} to {4096 + place + (1 << 20) - 1}: 2 of {(bytes.Length - 4096 + (1 << 20) - 1) >> 20} blocks have the wrong checksum; " +
                "copy it again, or build it again"));
    }

    [Test]
    public void Header_that_contradicts_itself_is_refused_though_its_checksum_is_right()
    {
        foreach (int field in (int[])[12, 16, 24, 32, 64, 72, 80, 88])
        {
            byte[] bytes = [.. _sample.Bytes];
            bytes.AsSpan(field, 4).Fill(0x7E);
            bytes.AsSpan(field + 4, 2).Fill(field < 24 ? bytes[field + 4] : (byte)0x7E);
            BitConverter.TryWriteBytes(bytes.AsSpan(4092), Crc32C.Of(bytes.AsSpan(0, 4092)));
            Assert.That(
                () => SnapshotFile.ReadInfo(_sample.Write(bytes)),
                Throws.TypeOf<DataFileException>().With.Message.Contains("contradicts itself"), $"field at {field}");
        }
    }

    private static void AssertRefused(string path, SnapshotLoad how, string what) =>
        Assert.That(() => SnapshotSample.Open(path, how).Dataset.Dispose(), Throws.TypeOf<DataFileException>(), $"{how}: {what}");
}
