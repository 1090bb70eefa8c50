using System.Text;
using KvTcp.Server;
using KvTcp.Store;

namespace KvTcp.Tests.Support;

/// <summary>A loaded dataset, and beside it the same pairs in a plain dictionary to compare with.</summary>
internal sealed class TestDataset : IDisposable
{
    private TestDataset(IReadOnlyList<KeyValuePair<Guid, byte[]>> pairs)
    {
        Pairs = new Dictionary<Guid, byte[]>(pairs);
        using MemoryStream file = new();
        foreach ((Guid key, byte[] value) in pairs)
        {
            file.Write(Encoding.ASCII.GetBytes($"{key} "));
            file.Write(value);
            file.WriteByte((byte)'\n');
        }

        LoadResult loaded = DatasetLoader.Load(
            [DataSource.FromStream(new MemoryStream(file.ToArray()), "test")], new DataFileOptions());
        Dataset = loaded.Dataset;
        Holder = new DatasetHolder(new ServedDataset(loaded.Dataset, "test.data", loaded.Report, DateTimeOffset.UtcNow));
    }

    public Dataset Dataset { get; }

    /// <summary>Serves the dataset.</summary>
    public DatasetHolder Holder { get; }

    public IReadOnlyDictionary<Guid, byte[]> Pairs { get; }

    /// <summary>Pairs whose keys are <see cref="Key"/> of 0 and up, with values of these lengths.</summary>
    public static TestDataset WithLengths(params IEnumerable<int> lengths) =>
        new([.. lengths.Select(static (length, number) => KeyValuePair.Create(Key(number), Value(number, length)))]);

    /// <summary>Pairs whose keys are <see cref="Key"/> of 0 and up, with these values.</summary>
    public static TestDataset WithValues(params IEnumerable<string> values) =>
        new([.. values.Select(static (value, number) => KeyValuePair.Create(Key(number), Encoding.UTF8.GetBytes(value)))]);

    /// <summary>A key for a number: of version 4, and with letters in every group, so that its case can vary.</summary>
    public static Guid Key(int number) => new($"{number:x8}-abcd-4abc-9abc-{number * 7919L & 0xFFFF_FFFF:x8}beef");

    /// <summary>A key that no dataset of this class holds.</summary>
    public static Guid Missing(int number) => new($"{number:x8}-dead-4bad-8bad-feedfeedfeed");

    public void Dispose() => Holder.Dispose();

    /// <summary>Text that differs from one key to the next, and at every place within the value.</summary>
    private static byte[] Value(int number, int length)
    {
        byte[] value = new byte[length];
        uint state = (uint)(number + 1) * 2_654_435_761;
        for (int i = 0; i < length; i++)
        {
            state = state * 1_664_525 + 1_013_904_223;
            value[i] = (byte)(' ' + 1 + (state >> 25) % 94);
        }

        return value;
    }
}
