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
        The last column is kvtcp's figure divided by that of the best other server: above 1 kvtcp is ahead in requests a second, below 1 in
        CPU and in waits. `>=`: the generator was at work all the time and the server was not, so the server can do more; its waits are then
        marked `<=`, because part of them is the generator's. The mark of a ratio follows from these; `?`: it may be more or less.

        ### Server CPU for a request, in microseconds

        ![Server CPU for a request at depth 1](charts/{ComparisonCharts.Cpu})

        ![Server CPU for a request, pipelined](charts/{ComparisonCharts.PipelinedCpu})

        {RequestTable.Cpu(comparison)}
        ### From request to reply, in microseconds: p50 / p99 / p99.9

        In a closed loop, so under all the load that the server takes; the ratio is that of the 99th percentile.

        {RequestTable.Latency(comparison)}
        ### Start, load and memory

        On {Cores(comparison.Cores.All)}; {comparison.StartRounds} {(comparison.StartRounds == 1 ? "round" : "rounds")}. A start lasts until the first reply. kvtcp and fastapi read the data file, so with data too it is
        the first reply that counts, for fastapi that of its first worker; the others are sent the pairs, pipelined on {PairSender.Connections} connections,
        until the last is stored. Bytes a pair: what the data adds to resident memory; each worker of fastapi holds the data for itself.

        ![Memory for a pair](charts/{ComparisonCharts.Memory})

        {Starts(comparison)}
        ### How long a client waits

        {LoadCase.Typical.Connections} connections, an open loop: requests leave on schedule whether or not replies come, and the wait counts from
        when the request was due. Each server at shares of its own capacity, its median at {LoadCase.Typical.Connections} connections and depth {LoadCase.Typical.Depth}.

        ![Wait by load](charts/{ComparisonCharts.Wait})

        {Rates(comparison)}
        "Of it the generator's" is how late the generator itself was with one request in a hundred: a wait that is not much longer is
        rather the generator's than the server's. A server did not keep up when requests were due that it had left no room for; such a round counts.
        `invalid`: in every round the generator was late by more than 1 ms and a tenth of the wait, because something else was running.

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
        MarkdownTable table = new("server", "of capacity", "requests/s", "p50 us", "p99 us", "of it the generator's", "p99.9 us", "longest us");
        foreach (ServerNote server in comparison.Servers)
        {
            foreach (double share in RateResult.Shares)
            {
                RateResult[] all = comparison.RatesOf(server, share);
                RateResult[] valid = [.. all.Where(static rate => rate.InvalidReason is null)];
                string Cell(Func<RateResult, double> figure) => $"{Spread.Of(valid.Select(figure)).Median:N0}";
                string load = $"{share * 100:0}%";
                if (valid.Length > 0)
                {
                    table.Add(
                        server.Name, load + RoundNotes(all, valid), $"{valid[0].Rate:N0}", Cell(static rate => rate.Wait.P50),
                        Cell(static rate => rate.Wait.P99), Cell(static rate => rate.SendDelayP99), Cell(static rate => rate.Wait.P999),
                        $"{valid.Max(static rate => rate.Wait.Max):N0}");
                }
                else
                {
                    table.Add(server.Name, load, all.Length == 0 ? "failed" : "invalid", "", "", "", "", "");
                }
            }
        }

        return table;
    }

    /// <summary>In brackets, how many rounds are not as they should be.</summary>
    private static string RoundNotes(RateResult[] all, RateResult[] valid)
    {
        int late = valid.Count(static rate => !rate.KeptUp);
        string[] notes =
        [
            .. valid.Length < all.Length ? [$"{valid.Length} of {all.Length} rounds valid"] : (string[])[],
            .. late > 0 ? [$"did not keep up in {late} of {valid.Length} rounds"] : (string[])[],
        ];
        return notes.Length > 0 ? $" ({string.Join("; ", notes)})" : "";
    }
}
