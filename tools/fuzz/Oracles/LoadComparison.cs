using KvTcp.Store;

namespace KvTcp.Fuzz;

/// <summary>Compares what the loader makes of data files with what <see cref="DataFileOracle"/> read.</summary>
internal static class LoadComparison
{
    /// <summary>Loads, and says where the two first differ; null when they do not.</summary>
    /// <param name="oracle">What the oracle read with the same options.</param>
    /// <param name="sources">The same text.</param>
    /// <param name="options">The options.</param>
    /// <param name="tuning">The pieces in which the loader reads.</param>
    public static string? FindDifference(DataFileOracle oracle, IReadOnlyList<DataSource> sources, DataFileOptions options, LoadTuning tuning)
    {
        bool mustFail = oracle.BadLines.Count > 0 && options.OnBadLine == BadLinePolicy.Stop;
        LoadResult result;
        try
        {
            result = DatasetLoader.Load(sources, options, tuning);
        }
        catch (DataFileException exception)
        {
            return !mustFail || !exception.Message.StartsWith($"{oracle.BadLines[0]} (", StringComparison.Ordinal)
                ? $"it was refused: {exception.Message}"
                : DifferenceOf(exception.Report, oracle);
        }

        using Dataset dataset = result.Dataset;
        return mustFail ? $"it was loaded in spite of {oracle.BadLines[0]}" : DifferenceOf(result.Report, oracle) ?? DifferenceOf(dataset, result.Report, oracle);
    }

    private static string? DifferenceOf(LoadReport report, DataFileOracle oracle)
    {
        (long, long, long) expected = (oracle.Lines, oracle.BlankLines, oracle.BadLines.Count);
        (long, long, long) actual = (report.Lines, report.BlankLines, report.BadLines);
        if (actual != expected)
        {
            return $"lines, blank lines, bad lines {actual}, not {expected}";
        }

        return report.FirstBadLines.SequenceEqual(oracle.BadLines.Take(LoadReport.MaxBadLines))
            ? null
            : $"bad lines {string.Join("; ", report.FirstBadLines)}, not {string.Join("; ", oracle.BadLines)}";
    }

    private static string? DifferenceOf(Dataset dataset, LoadReport report, DataFileOracle oracle)
    {
        (long, long, long, long) expected =
            (oracle.Pairs.Count, oracle.Pairs.Count, oracle.Duplicates.Count, oracle.Pairs.Values.Sum(static value => (long)value.Length));
        (long, long, long, long) actual = (dataset.Count, report.Pairs, report.Duplicates, dataset.Statistics.ValueBytes);
        if (actual != expected)
        {
            return $"keys, pairs, duplicates, bytes of values {actual}, not {expected}";
        }

        foreach ((Guid key, byte[] value) in oracle.Pairs)
        {
            bool isHit = dataset.TryGetValue(key, out ReadOnlySpan<byte> found);
            if (!isHit || !found.SequenceEqual(value))
            {
                return $"{key} gave {(isHit ? InputText.Show(found) : "a miss")}, not {InputText.Show(value)}";
            }
        }

        return null;
    }
}
