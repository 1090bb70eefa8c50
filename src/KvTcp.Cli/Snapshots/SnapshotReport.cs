using System.Globalization;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>Writes what a snapshot holds as <c>name value</c> lines.</summary>
internal static class SnapshotReport
{
    private const int NameWidth = 16;

    /// <summary>Writes a header.</summary>
    /// <param name="output">Receives it.</param>
    /// <param name="info">The header.</param>
    public static void Write(TextWriter output, SnapshotInfo info)
    {
        DatasetStatistics statistics = info.Statistics;
        WriteLine(output, "format_version", info.FormatVersion);
        WriteLine(output, "built", info.Built.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        WriteLine(output, "dataset_id", info.Id);
        WriteLine(output, "pairs", info.Pairs);
        WriteLine(output, "file_bytes", info.FileLength);
        WriteLine(output, "index_bytes", statistics.IndexBytes);
        WriteLine(output, "record_bytes", statistics.RecordBytes);
        WriteLine(output, "value_bytes", statistics.ValueBytes);
        WriteLine(output, "longest_value", info.LongestValue);
        WriteLine(output, "longest_probe", statistics.LongestProbe);
        WriteLine(output, "mean_probe", statistics.MeanProbe.ToString("0.00", CultureInfo.InvariantCulture));
        WriteLine(output, "version_4_keys", info.AllKeysVersion4 ? "yes" : "no");
    }

    /// <summary>Writes that every checksum is right.</summary>
    /// <param name="output">Receives it.</param>
    public static void WriteVerified(TextWriter output) => WriteLine(output, "verified", "yes");

    /// <summary>Writes what went into a new snapshot.</summary>
    /// <param name="output">Receives it.</param>
    /// <param name="report">What was loaded.</param>
    /// <param name="info">What was written.</param>
    public static void WriteBuilt(TextWriter output, LoadReport report, SnapshotInfo info)
    {
        WriteLine(output, "lines", report.Lines);
        WriteLine(output, "blank_lines", report.BlankLines);
        WriteLine(output, "duplicate_lines", report.Duplicates);
        WriteLine(output, "bad_lines", report.BadLines);
        WriteLine(output, "load_seconds", report.Duration.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture));
        Write(output, info);
    }

    private static void WriteLine(TextWriter output, string name, object value) => output.WriteLine($"{name.PadRight(NameWidth)}{value}");
}
