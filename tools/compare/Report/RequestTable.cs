namespace KvTcp.Compare;

/// <summary>A table of one figure: a row for each kind of load, a column for each server, and ours against the best of the others.</summary>
internal static class RequestTable
{
    /// <summary>Above this share of its time the generator, not the server, is taken for the limit.</summary>
    private const double BusyGenerator = 0.95;

    /// <summary>Requests a second.</summary>
    public static string Throughput(Comparison comparison) => Write(
        comparison,
        static result => result.RequestsPerSecond,
        higherIsBetter: true,
        static results =>
        {
            Spread rate = Spread.Of(results.Select(static result => result.RequestsPerSecond));
            bool isGeneratorBound = Spread.Of(results.Select(static result => result.GeneratorLoad)).Median > BusyGenerator;
            return (isGeneratorBound ? ">= " : "") + rate.Text("N0");
        });

    /// <summary>Processor time of the server for a request.</summary>
    public static string Cpu(Comparison comparison) => Write(
        comparison,
        static result => result.CpuMicroseconds,
        higherIsBetter: false,
        static results => Spread.Of(results.Select(static result => result.CpuMicroseconds)).Text("0.00"));

    /// <summary>Percentiles of the time to the reply; the ratio is that of the 99th.</summary>
    public static string Latency(Comparison comparison) => Write(
        comparison,
        static result => result.Wait.P99,
        higherIsBetter: false,
        static results =>
        {
            double Median(Func<RequestResult, double> figure) => Spread.Of(results.Select(figure)).Median;
            return $"{Median(static r => r.Wait.P50):N0} / {Median(static r => r.Wait.P99):N0} / {Median(static r => r.Wait.P999):N0}";
        });

    private static string Write(
        Comparison comparison, Func<RequestResult, double> figure, bool higherIsBetter, Func<IReadOnlyList<RequestResult>, string> cell)
    {
        MarkdownTable table = new(
            ["connections", "depth", "keys", .. comparison.Servers.Select(static server => server.Name), "kvtcp to the best other"]);
        foreach (LoadCase load in LoadCase.All)
        {
            (ServerNote Server, RequestResult[] Results)[] columns = [.. comparison.Servers.Select(server => (server, comparison.RequestsOf(server, load)))];
            Dictionary<string, double> medians = columns.Where(static column => column.Results.Length > 0)
                .ToDictionary(static column => column.Server.Name, column => Spread.Of(column.Results.Select(figure)).Median, StringComparer.Ordinal);
            table.Add(
            [
                $"{load.Connections}",
                $"{load.Depth}",
                load.MissShare == 0 ? "hits" : "misses",
                .. columns.Select(column => column.Results.Length > 0 ? cell(column.Results) : Missing(column.Server)),
                Ratio(medians, higherIsBetter),
            ]);
        }

        return table.ToString();
    }

    private static string Missing(ServerNote server) => server.Failure is null ? "not pipelined" : "failed";

    /// <summary>Our figure divided by that of the best other server, and which that is.</summary>
    private static string Ratio(Dictionary<string, double> medians, bool higherIsBetter)
    {
        string ours = Peer.All[0].Name;
        KeyValuePair<string, double>[] others = [.. medians.Where(pair => !string.Equals(pair.Key, ours, StringComparison.Ordinal)).OrderBy(static pair => pair.Value)];
        return medians.TryGetValue(ours, out double figure) && others.Length > 0
            ? $"{figure / others[higherIsBetter ? ^1 : 0].Value:0.00} ({others[higherIsBetter ? ^1 : 0].Key})"
            : "";
    }
}
