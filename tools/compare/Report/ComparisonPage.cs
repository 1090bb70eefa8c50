namespace KvTcp.Compare;

/// <summary>The section of docs/performance.md about this server beside others.</summary>
internal static class ComparisonPage
{
    /// <summary>The section's name in the page.</summary>
    public const string Section = "compare";

    /// <summary>Writes the section.</summary>
    public static string Write(Comparison comparison) =>
        $"""
        Measured on {comparison.Date:yyyy-MM-dd} by `{comparison.Command}`, on {comparison.Machine}; every server on {Cores(comparison.Cores.Server)},
        the load from {Cores(comparison.Cores.Generator)}. {comparison.Pairs:N0} pairs; {comparison.Rounds} rounds of {comparison.Seconds} s; median (least - most).

        {Servers(comparison)}
        {Failures(comparison)}### Requests a second

        ![Requests a second at depth 1](charts/{ComparisonCharts.Throughput})

        ![Requests a second, pipelined](charts/{ComparisonCharts.PipelinedThroughput})

        {RequestTable.Throughput(comparison)}
        `>=`: the generator was at work all the time and the server was not, so the server can do more.

        ### Server CPU for a request, in microseconds

        ![Server CPU for a request at depth 1](charts/{ComparisonCharts.Cpu})

        ![Server CPU for a request, pipelined](charts/{ComparisonCharts.PipelinedCpu})

        {RequestTable.Cpu(comparison)}
        ### From request to reply, in microseconds: p50 / p99 / p99.9

        In a closed loop, so under all the load that the server takes; the ratio is that of the 99th percentile.

        {RequestTable.Latency(comparison)}
        ### Start, load and memory

        On {Cores(comparison.Cores.All)}. A start lasts until the first reply; one with data, until all pairs are served. kvtcp and fastapi read the data
        file, the others are sent the pairs, pipelined on {PairSender.Connections} connections. Bytes a pair: what the data adds to resident memory;
        each worker of fastapi holds the data for itself.

        ![Memory for a pair](charts/{ComparisonCharts.Memory})

        {Starts(comparison)}
        ### How long a client waits

        {LoadCase.Typical.Connections} connections, an open loop: requests leave on schedule whether or not replies come, and the wait counts from
        when the request was due. Each server at shares of its own capacity, its median at {LoadCase.Typical.Connections} connections and depth {LoadCase.Typical.Depth}.

        ![Wait by load](charts/{ComparisonCharts.Wait})

        {Rates(comparison)}
        `invalid`: in every round the generator itself was late, because something else was running, or the server did not keep up;
        `artifacts/compare.json` says which.

        """;

    private static string Failures(Comparison comparison) => string.Concat(comparison.Servers
        .Where(static server => server.Failure is not null)
        .Select(static server => $"**{server.Name} has failed, and figures of it are missing.** {server.Failure}\n\n"));

    private static string Cores(IReadOnlyList<int> cores) => $"{(cores.Count == 1 ? "core" : "cores")} {string.Join(", ", cores)}";

    private static MarkdownTable Servers(Comparison comparison)
    {
        MarkdownTable table = new("server", "version", "settings");
        foreach (ServerNote server in comparison.Servers)
        {
            table.Add(server.Name, server.Version ?? "not installed", server.Settings);
        }

        return table;
    }

    private static MarkdownTable Starts(Comparison comparison)
    {
        MarkdownTable table = new("server", "start without data, ms", "start with data, s", "resident without data, MiB", "with data, MiB", "bytes a pair");
        foreach (ServerNote server in comparison.Servers)
        {
            StartResult[] starts = comparison.StartsOf(server);
            if (starts.Length == 0)
            {
                table.Add(server.Name, "failed", "", "", "", "");
                continue;
            }

            string Cell(Func<StartResult, double> figure, string format) => Spread.Of(starts.Select(figure)).Text(format);
            table.Add(
                server.Name,
                Cell(static start => start.EmptySeconds * 1000, "N0"),
                Cell(static start => start.ReadySeconds, "0.00"),
                Cell(static start => start.EmptyBytes / 1048576.0, "N0"),
                Cell(static start => start.LoadedBytes / 1048576.0, "N0"),
                Cell(start => comparison.BytesPerPair(start), "N0"));
        }

        return table;
    }

    private static MarkdownTable Rates(Comparison comparison)
    {
        MarkdownTable table = new("server", "of capacity", "requests/s", "p50 us", "p99 us", "p99.9 us", "longest us");
        foreach (ServerNote server in comparison.Servers)
        {
            foreach (double share in RateResult.Shares)
            {
                RateResult[] all = comparison.RatesOf(server, share);
                RateResult[] valid = [.. all.Where(static rate => rate.InvalidReason is null)];
                string Cell(Func<WaitTimes, double> figure) => $"{Spread.Of(valid.Select(rate => figure(rate.Wait))).Median:N0}";
                string load = $"{share * 100:0}%";
                if (valid.Length > 0)
                {
                    string rounds = valid.Length == all.Length ? "" : $" ({valid.Length} of {all.Length} rounds valid)";
                    table.Add(
                        server.Name, load + rounds, $"{valid[0].Rate:N0}", Cell(static wait => wait.P50), Cell(static wait => wait.P99),
                        Cell(static wait => wait.P999), $"{valid.Max(static rate => rate.Wait.Max):N0}");
                }
                else
                {
                    table.Add(server.Name, load, all.Length == 0 ? "failed" : "invalid", "", "", "", "");
                }
            }
        }

        return table;
    }
}
