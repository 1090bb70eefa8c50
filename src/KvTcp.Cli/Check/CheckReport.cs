using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>Writes what a load found as <c>name value</c> lines, then the first bad lines.</summary>
internal static class CheckReport
{
    private const int NameWidth = 16;

    /// <summary>Writes the report.</summary>
    /// <param name="output">Receives it.</param>
    /// <param name="files">How many files were read.</param>
    /// <param name="report">What the load found.</param>
    /// <param name="dataset">The dataset, unless the load failed.</param>
    public static void Write(TextWriter output, int files, LoadReport report, Dataset? dataset)
    {
        WriteLine("files", files);
        WriteLine("lines", report.Lines);
        WriteLine("pairs", report.Pairs);
        WriteLine("blank_lines", report.BlankLines);
        WriteLine("duplicate_lines", report.Duplicates);
        WriteLine("bad_lines", report.BadLines);
        WriteLine("bytes_read", report.BytesRead);
        if (dataset is not null)
        {
            DatasetStatistics statistics = dataset.Statistics;
            WriteLine("value_bytes", statistics.ValueBytes);
            WriteLine("memory_bytes", statistics.IndexBytes + statistics.RecordBytes);
            WriteLine("longest_probe", statistics.LongestProbe);
            WriteLine("dataset_id", dataset.Id);
        }

        WriteLine("seconds", report.Duration.TotalSeconds.ToString("0.000"));
        foreach (BadLine line in report.FirstBadLines)
        {
            output.WriteLine(line);
        }

        void WriteLine(string name, object value) => output.WriteLine($"{name.PadRight(NameWidth)}{value}");
    }
}
