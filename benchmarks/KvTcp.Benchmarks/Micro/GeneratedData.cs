using KvTcp.Store;

namespace KvTcp.Benchmarks.Micro;

/// <summary>Generated pairs, as a dataset and as the collections of .NET.</summary>
internal static class GeneratedData
{
    private const int Seed = 1;

    /// <summary>Loads pairs from a generated data file.</summary>
    public static Dataset Load(int count)
    {
        string path = Path.GetTempFileName();
        try
        {
            using (FileStream file = File.Create(path))
            {
                DataFileGenerator.Write(file, count, Seed);
            }

            return DatasetLoader.Load([DataSource.FromPath(path)], new DataFileOptions()).Dataset;
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The same pairs, one array for each value.</summary>
    public static Dictionary<Guid, byte[]> ToDictionary(int count)
    {
        Dictionary<Guid, byte[]> pairs = new(count);
        for (int i = 0; i < count; i++)
        {
            pairs.Add(KeyAt(i), ValueAt(i));
        }

        return pairs;
    }

    /// <summary>Present keys in random order.</summary>
    public static Guid[] Hits(int count, int pairs)
    {
        Random random = new(2);
        return [.. Enumerable.Range(0, count).Select(_ => KeyAt(random.Next(pairs)))];
    }

    /// <summary>Keys that are not among the pairs.</summary>
    public static Guid[] Misses(int count) => [.. Enumerable.Range(0, count).Select(static i => DataFileGenerator.KeyAt(Seed + 1, i))];

    /// <summary>The value of the pair at an index.</summary>
    private static byte[] ValueAt(int index)
    {
        byte[] value = new byte[DataFileGenerator.DefaultMaxValueLength];
        return value[..DataFileGenerator.ValueAt(Seed, index, value)];
    }

    /// <summary>The key of the pair at an index.</summary>
    private static Guid KeyAt(int index) => DataFileGenerator.KeyAt(Seed, index);
}
