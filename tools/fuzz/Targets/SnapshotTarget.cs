using System.Buffers.Binary;
using KvTcp.Store;

namespace KvTcp.Fuzz;

/// <summary>
/// Damaged snapshots. Where checksums are read, damage is refused and everything else is right; where they are not, or were made
/// to fit, nothing is said about values, but all of it can be read without an end of the process.
/// </summary>
internal sealed class SnapshotTarget : FuzzTarget
{
    private const int Pairs = 40;
    private const int Seed = 11;
    private const int ChecksumAt = SnapshotHeader.Length - sizeof(uint);

    private readonly string _directory = Directory.CreateTempSubdirectory("kvtcp-fuzz-").FullName;
    private readonly byte[] _whole;
    private readonly Guid[] _keys = [.. Enumerable.Range(0, Pairs + 20).Select(static number => DataFileGenerator.KeyAt(Seed, number))];
    private readonly Dictionary<Guid, byte[]> _pairs;

    /// <summary>Builds the snapshot that is damaged.</summary>
    public SnapshotTarget()
    {
        using MemoryStream text = new();
        DataFileGenerator.Write(text, Pairs, Seed, minValueLength: 0, maxValueLength: 30);
        DataFileOptions options = new();
        _pairs = new DataFileOracle(options, ("text", text.ToArray())).Pairs;
        text.Position = 0;
        using Dataset dataset = DatasetLoader.Load([DataSource.FromStream(text, "text")], options).Dataset;
        SnapshotWriter.Write(dataset, Whole);
        _whole = File.ReadAllBytes(Whole);
    }

    private string Whole => Path.Combine(_directory, "whole.kvs");

    private string Damaged => Path.Combine(_directory, "damaged.kvs");

    /// <inheritdoc/>
    public override void Make(List<byte> input, InputRandom random)
    {
        input.AddRange(_whole);
        if (random.OneIn(20))
        {
            InputText.Mutate(input, random);
            return;
        }

        // The header is a small part of the file and has the fields.
        int place = random.OneIn(2) ? random.Below(128) : random.Below(_whole.Length - 8);
        for (int i = random.Below(8); i >= 0; i--)
        {
            input[place + i] = random.OneIn(2) ? (byte)random.Next() : random.Pick<byte>([0, 1, 0x7F, 0x80, 0xFF]);
        }

        if (random.OneIn(2))
        {
            Span<byte> header = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(input)[..SnapshotHeader.Length];
            BinaryPrimitives.WriteUInt32LittleEndian(header[ChecksumAt..], Crc32C.Of(header[..ChecksumAt]));
        }
    }

    /// <inheritdoc/>
    public override void Check(ReadOnlySpan<byte> input, InputRandom random)
    {
        File.WriteAllBytes(Damaged, input);
        bool isForged = input.Length >= SnapshotHeader.Length && !input[..SnapshotHeader.Length].SequenceEqual(_whole.AsSpan(0, SnapshotHeader.Length));
        foreach (SnapshotLoad how in (ReadOnlySpan<SnapshotLoad>)[SnapshotLoad.Map, random.OneIn(2) ? SnapshotLoad.Verify : SnapshotLoad.Copy])
        {
            try
            {
                DataFileOptions options = new() { Snapshots = how, Parallelism = 1 };
                using Dataset dataset = DatasetLoader.Load([DataSource.FromPath(Damaged)], options).Dataset;
                int wrong = Exhaust(dataset);
                Expect(0, how == SnapshotLoad.Map || isForged ? 0 : wrong, $"wrong answers, {how}");
            }
            catch (DataFileException exception) when (exception.Message.Contains(Damaged, StringComparison.Ordinal))
            {
                Expect(false, input.SequenceEqual(_whole), $"refusal of what is whole, {how}");
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Reads everything there is to read, and counts the keys with a wrong answer.</summary>
    private int Exhaust(Dataset dataset)
    {
        int wrong = 0;
        Lookup[] results = new Lookup[_keys.Length];
        dataset.Find(_keys, results);
        for (int i = 0; i < _keys.Length; i++)
        {
            bool expectHit = _pairs.TryGetValue(_keys[i], out byte[]? value);
            bool isHit = dataset.TryGetValue(_keys[i], out ReadOnlySpan<byte> single);
            bool isRight = isHit == expectHit && results[i].IsHit == expectHit && single.SequenceEqual(value) && results[i].Value.SequenceEqual(value);
            wrong += isRight ? 0 : 1;
        }

        Pair[] pairs = new Pair[Pairs];
        long position = 0;
        for (int count; (count = dataset.Scan(ref position, pairs)) > 0;)
        {
            foreach (Pair pair in pairs.AsSpan(0, count))
            {
                wrong += _pairs.TryGetValue(pair.Key, out byte[]? value) && pair.Value.SequenceEqual(value) ? 0 : 1;
            }
        }

        return wrong;
    }
}
