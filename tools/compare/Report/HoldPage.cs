using KvTcp.LoadGen;

namespace KvTcp.Compare;

/// <summary>The section of docs/performance.md about how much data this server holds.</summary>
internal static class HoldPage
{
    /// <summary>The section's name in the page.</summary>
    public const string Section = "compare-hold";

    /// <summary>The file of the chart.</summary>
    public const string Chart = "memory-by-pairs.svg";

    private const double Gibibyte = 1L << 30;

    private static readonly int[] Memories = [1, 4, 16, 64, 256];

    /// <summary>Writes the section.</summary>
    public static string Write(HoldReport report)
    {
        MarkdownTable measured = new("pairs", "data file, MB", "ready after, s", "resident, MiB", "peak while loading, MiB", "pairs in a GiB of peak");
        foreach (HoldResult result in report.Results)
        {
            measured.Add(
                $"{result.Pairs:N0}",
                $"{result.FileBytes / 1e6:N0}",
                $"{result.ReadySeconds:0.00}",
                $"{result.ResidentBytes >> 20:N0}",
                $"{result.PeakBytes >> 20:N0}",
                $"{result.Pairs / (result.PeakBytes / Gibibyte):N0}");
        }

        MarkdownTable extrapolated = new("memory for the server", "pairs, extrapolated");
        foreach (int memory in Memories)
        {
            extrapolated.Add($"{memory} GiB", $"{report.PairsIn(memory * Gibibyte) / 1e6:N1} million");
        }

        return
            $"""
            Measured on {report.Date:yyyy-MM-dd} by `{report.Command}`, kvtcp {report.Version} on {report.Machine}; values of 10 to 70 bytes.

            ![Memory by pairs](charts/{Chart})

            {measured}
            {string.Concat(report.Omitted.Select(static reason => reason + "\n\n"))}Each pair adds {report.PeakBytesPerPair:0.0} bytes to the peak. From this, and not measured:

            {extrapolated}
            """;
    }

    /// <summary>Draws the peak over pairs; what is resident afterwards would lie on the same line.</summary>
    public static string Draw(HoldReport report) => new LineChart
    {
        Title = "The most memory that kvtcp takes, which is while it loads",
        XLabel = "pairs",
        YLabel = "MiB",
        XScale = AxisScale.Logarithmic,
        YScale = AxisScale.Logarithmic,
        Series = [new ChartSeries("", [.. report.Results.Select(static result => ((double)result.Pairs, result.PeakBytes / 1048576.0))])],
    }.ToSvg();
}
