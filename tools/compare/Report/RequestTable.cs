namespace KvTcp.Compare;

/// <summary>A table of one figure: a row for each kind of load, a column for each server, and ours against the best of the others.</summary>
internal static class RequestTable
{
    /// <summary>Above this share of its time the generator, and below it not the server, is taken for the limit.</summary>
    private const double Busy = 0.95;

    private const string AtLeast = ">= ";
    private const string AtMost = "<= ";
    private const string Unknown = "? ";

    /// <summary>Requests a second.</summary>
    public static string Throughput(Comparison comparison) => Write(
        comparison,
        new Figure(
            static result => result.RequestsPerSecond,
            static results => Spread.Of(results.Select(static result => result.RequestsPerSecond)).Text("N0"),
            HigherIsBetter: true,
            Bound: AtLeast));

    /// <summary>Processor time of the server for a request, which does not depend on what the limit was.</summary>
    public static string Cpu(Comparison comparison) => Write(
        comparison,
        new Figure(
            static result => result.CpuMicroseconds,
            static results => Spread.Of(results.Select(static result => result.CpuMicroseconds)).Text("0.00"),
            HigherIsBetter: false,
            Bound: ""));

    /// <summary>Percentiles of the time to the reply; the ratio is that of the 99th.</summary>
    public static string Latency(Comparison comparison) => Write(
        comparison,
        new Figure(
            static result => result.Wait.P99,
            static results =>
            {
                double Median(Func<RequestResult, double> figure) => Spread.Of(results.Select(figure)).Median;
                return $"{Median(static r => r.Wait.P50):N0} / {Median(static r => r.Wait.P99):N0} / {Median(static r => r.Wait.P999):N0}";
            },
            HigherIsBetter: false,
            Bound: AtMost));

    private static string Write(Comparison comparison, Figure figure)
    {
        MarkdownTable table = new(
            ["connections", "depth", "keys", .. comparison.Servers.Select(static server => server.Name), "kvtcp to the best other"]);
        foreach (LoadCase load in LoadCase.All)
        {
            Cell[] cells = [.. comparison.Servers.Select(server => CellOf(comparison, server, load, figure))];
            table.Add(
            [
                $"{load.Connections}",
                $"{load.Depth}",
                load.MissShare == 0 ? "hits" : "misses",
                .. cells.Select(cell => (cell.IsBound ? figure.Bound : "") + cell.Text),
                Ratio(cells, figure),
            ]);
        }

        return table.ToString();
    }

    private static Cell CellOf(Comparison comparison, ServerNote server, LoadCase load, Figure figure)
    {
        RequestResult[] results = comparison.RequestsOf(server, load);
        return results.Length > 0
            ? new Cell(server.Name, figure.Cell(results), Spread.Of(results.Select(figure.Of)).Median, IsBound(results, comparison.Cores.Server.Count))
            : new Cell(server.Name, server.Failure is null ? "not pipelined" : "failed", null, IsBound: false);
    }

    /// <summary>Whether the generator was the limit: it was busy, and the server was not.</summary>
    private static bool IsBound(RequestResult[] results, int serverCores) =>
        Spread.Of(results.Select(static result => result.GeneratorLoad)).Median > Busy &&
        Spread.Of(results.Select(static result => result.RequestsPerSecond * result.CpuMicroseconds)).Median < Busy * serverCores * 1e6;

    /// <summary>Our figure, the best if there are several, divided by that of the best other server, and which that is.</summary>
    private static string Ratio(Cell[] cells, Figure figure)
    {
        ILookup<bool, Cell> measured = cells.Where(static cell => cell.Median is not null)
            .OrderBy(cell => figure.HigherIsBetter ? -cell.Median : cell.Median).ToLookup(static cell => KvTcpPeer.IsOurs(cell.Server));
        Cell[] others = [.. measured[false]];
        if (measured[true].FirstOrDefault() is not Cell ours || others.Length == 0)
        {
            return "";
        }

        Cell best = others[0];
        // Any other server that could do better than the table has may be the best.
        string mark = (figure.Bound, ours.IsBound, others.Any(static cell => cell.IsBound)) switch
        {
            ("", _, _) or (_, false, false) => "",
            (_, true, true) => Unknown,
            (_, true, false) => figure.Bound,
            _ => figure.HigherIsBetter ? AtMost : AtLeast,
        };
        return $"{mark}{ours.Median / best.Median:0.00} ({best.Server})";
    }

    /// <summary>What a table shows. Immutable.</summary>
    /// <param name="Of">What the ratio is made of.</param>
    /// <param name="Cell">The text of a cell.</param>
    /// <param name="HigherIsBetter">Whether the highest figure is the best.</param>
    /// <param name="Bound">What stands before a figure for which the generator was the limit; empty when that does not matter.</param>
    private sealed record Figure(Func<RequestResult, double> Of, Func<RequestResult[], string> Cell, bool HigherIsBetter, string Bound);

    /// <summary>A server's cell in a row. Immutable.</summary>
    /// <param name="Server">The server.</param>
    /// <param name="Text">What stands in it.</param>
    /// <param name="Median">The figure; null when there is none.</param>
    /// <param name="IsBound">Whether the generator was the limit.</param>
    private sealed record Cell(string Server, string Text, double? Median, bool IsBound);
}
