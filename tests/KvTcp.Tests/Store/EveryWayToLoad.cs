using KvTcp.Fuzz;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

/// <summary>Loads a text in every way there is, each time cut into other pieces, and compares each result with the oracle.</summary>
internal static class EveryWayToLoad
{
    private static readonly int[] Lengths = [1, 3, 16, 37, 38, 64, 1000];

    /// <summary>Checks the whole matrix of pieces, workers and kinds of source.</summary>
    public static void AgreesWithTheOracle(byte[] text, DataFileOptions? options = null)
    {
        options ??= new DataFileOptions();
        var oracle = new DataFileOracle(options, ("text", text));
        using var files = new TemporaryDirectory();
        string path = files.Write(text);
        string gzipPath = files.Write(GzipText.Of(text));
        foreach (int length in Lengths)
        {
            foreach (int parallelism in (ReadOnlySpan<int>)[1, 4])
            {
                DataFileOptions withWorkers = options with { Parallelism = parallelism };
                LoadTuning tuning = Tuning(length);
                string how = $"pieces of {length}, {parallelism} workers";
                var trickle = new TrickleStream(text, length);
                Check(oracle, [Renamed(DataSource.FromPath(path))], withWorkers, tuning, $"file, {how}");
                Check(oracle, [DataSource.FromStream(trickle, "text")], withWorkers, tuning, $"stream, {how}");
            }

            Check(oracle, [Renamed(DataSource.FromPath(gzipPath))], options, Tuning(length), $"gzip, {length}");
        }

        Check(oracle, [Renamed(DataSource.FromPath(path))], options, new LoadTuning(), "file, default pieces");
    }

    /// <summary>Checks one cell of the matrix.</summary>
    public static void AgreesWithTheOracle(byte[] text, DataFileOptions options, int length, bool asFile)
    {
        using var files = new TemporaryDirectory();
        DataSource source = asFile
            ? Renamed(DataSource.FromPath(files.Write(text)))
            : DataSource.FromStream(new TrickleStream(text, length), "text");
        Check(new DataFileOracle(options, ("text", text)), [source], options, Tuning(length), $"pieces of {length}");
    }

    public static LoadTuning Tuning(int length) => new()
    {
        ChunkLength = length,
        BufferLength = length,
        BlockLength = length,
        ExtentLength = 4096,
    };

    public static void Check(
        DataFileOracle oracle,
        IReadOnlyList<DataSource> sources,
        DataFileOptions options,
        LoadTuning tuning,
        string how) => Assert.That(LoadComparison.FindDifference(oracle, sources, options, tuning), Is.Null, how);

    private static DataSource Renamed(DataSource source) => source.WithName("text");
}
