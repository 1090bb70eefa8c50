using KvTcp.Store;
using KvTcp.Tests.Support;

namespace KvTcp.Tests.Cli;

/// <summary>A snapshot of random pairs, and its data file beside it.</summary>
internal sealed class SnapshotSampleFile : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <summary>Makes both.</summary>
    /// <param name="count">How many pairs.</param>
    /// <param name="minLength">The shortest value.</param>
    /// <param name="maxLength">The longest value.</param>
    public SnapshotSampleFile(int count, int minLength = 10, int maxLength = 70)
    {
        TextPath = _directory.PathOf("some.data");
        using (FileStream text = File.Create(TextPath))
        {
            DataFileGenerator.Write(text, count, seed: 1, minLength, maxLength);
        }

        Path = _directory.PathOf("some.kvs");
        using Dataset dataset = DatasetLoader.Load([DataSource.FromPath(TextPath)], new DataFileOptions()).Dataset;
        Info = SnapshotWriter.Write(dataset, Path);
    }

    public string Path { get; }

    public string TextPath { get; }

    public SnapshotInfo Info { get; }

    /// <summary>A key, by its index.</summary>
    public static Guid Key(int index) => DataFileGenerator.KeyAt(1, index);

    /// <summary>The lines of some pairs, as <c>kvtcp get</c> prints them.</summary>
    public string Lines(params IEnumerable<int> indexes)
    {
        string[] lines = File.ReadAllLines(TextPath);
        return string.Concat(indexes.Select(index => lines[index] + "\n"));
    }

    /// <summary>Damages the snapshot.</summary>
    /// <param name="position">The byte.</param>
    public void Flip(int position)
    {
        byte[] bytes = File.ReadAllBytes(Path);
        bytes[position] ^= 1;
        File.WriteAllBytes(Path, bytes);
    }

    public void Dispose() => _directory.Dispose();
}
