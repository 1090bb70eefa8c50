using System.Globalization;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>Writes what was found in a Redis as <c>name value</c> lines.</summary>
internal static class RedisReport
{
    private const int NameWidth = 16;

    /// <summary>Writes the report.</summary>
    /// <param name="output">Receives it.</param>
    /// <param name="export">What was read.</param>
    /// <param name="report">What was made of that.</param>
    public static void Write(TextWriter output, RedisExport export, LoadReport report)
    {
        WriteLine("keys", export.Keys);
        WriteLine("other_keys", export.OtherKeys);
        WriteLine("other_types", export.OtherTypes);
        WriteLine("duplicate_keys", report.Duplicates);
        WriteLine("bad_pairs", export.BadPairs);
        WriteLine("load_seconds", report.Duration.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture));

        void WriteLine(string name, object value) => output.WriteLine($"{name.PadRight(NameWidth)}{value}");
    }
}
