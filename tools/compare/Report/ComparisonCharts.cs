using KvTcp.LoadGen;

namespace KvTcp.Compare;

/// <summary>The charts of a comparison, each an SVG file.</summary>
internal static class ComparisonCharts
{
    public const string Throughput = "requests-per-second.svg";
    public const string PipelinedThroughput = "requests-per-second-pipelined.svg";
    public const string Cpu = "cpu-per-request.svg";
    public const string PipelinedCpu = "cpu-per-request-pipelined.svg";
    public const string Memory = "memory-per-pair.svg";
    public const string Wait = "wait-by-load.svg";

    private const string ThroughputTitle = "Requests a second, more is better";
    private const string CpuTitle = "Server CPU for a request, less is better";

    // Apart, because pipelining changes both figures tenfold and more.
    private static readonly LoadCase[] OneByOne = [new(1, 1, 0), LoadCase.Typical, new(200, 1, 0)];
    private static readonly LoadCase[] Pipelined = [new(1, 16, 0), new(50, 16, 0), new(50, 128, 0)];

    /// <summary>Draws them all.</summary>
    /// <returns>Names of files, and what goes in.</returns>
    public static IEnumerable<(string Name, string Svg)> Draw(Comparison comparison) =>
    [
        (Throughput, DrawCases(comparison, OneByOne, ThroughputTitle, "requests/s", static result => result.RequestsPerSecond)),
        (PipelinedThroughput, DrawCases(comparison, Pipelined, ThroughputTitle, "requests/s", static result => result.RequestsPerSecond)),
        (Cpu, DrawCases(comparison, OneByOne, CpuTitle, "microseconds", static result => result.CpuMicroseconds)),
        (PipelinedCpu, DrawCases(comparison, Pipelined, CpuTitle, "microseconds", static result => result.CpuMicroseconds)),
        (Memory, DrawMemory(comparison)),
        (Wait, DrawWait(comparison)),
    ];

    private static string DrawCases(Comparison comparison, LoadCase[] loads, string title, string unit, Func<RequestResult, double> figure)
    {
        BarChart chart = new()
        {
            Title = title,
            ValueLabel = unit,
            Groups =
            [
                .. loads.Select(load => (
                    $"{load.Connections} {(load.Connections == 1 ? "connection" : "connections")}, depth {load.Depth}",
                    Bars(comparison, server => comparison.RequestsOf(server, load).Select(figure), static server => server.Name))),
            ],
        };
        return chart.ToSvg();
    }

    private static string DrawMemory(Comparison comparison) => new BarChart
    {
        Title = "Memory for a pair, less is better",
        ValueLabel = "bytes",
        Groups = [("", Bars(comparison, server => comparison.StartsOf(server).Select(comparison.BytesPerPair), MemoryLabel))],
    }.ToSvg();

    private static string MemoryLabel(ServerNote server) => server.Workers > 1 ? $"{server.Name} ({server.Workers} workers)" : server.Name;

    private static string DrawWait(Comparison comparison) => new LineChart
    {
        Title = "How long a client waits at most, for 99 of 100 requests",
        XLabel = "load, % of the server's own capacity",
        YLabel = "microseconds",
        YScale = AxisScale.Logarithmic,
        Series = [.. comparison.Servers.Select(server => new ChartSeries(server.Name, [.. WaitPoints(comparison, server)]))],
    }.ToSvg();

    private static IEnumerable<(double X, double Y)> WaitPoints(Comparison comparison, ServerNote server) =>
        from share in RateResult.Shares
        let waits = comparison.RatesOf(server, share).Where(static rate => rate.InvalidReason is null).Select(static rate => rate.Wait.P99).ToArray()
        where waits.Length > 0
        select (share * 100, Spread.Of(waits).Median);

    /// <summary>A bar of the median for each server that has figures.</summary>
    private static IReadOnlyList<(string Name, double Value)> Bars(
        Comparison comparison, Func<ServerNote, IEnumerable<double>> figures, Func<ServerNote, string> label) =>
    [
        .. comparison.Servers.Select(server => (Name: label(server), Figures: figures(server).ToArray())).Where(static bar => bar.Figures.Length > 0)
            .Select(static bar => (bar.Name, Spread.Of(bar.Figures).Median)),
    ];
}
