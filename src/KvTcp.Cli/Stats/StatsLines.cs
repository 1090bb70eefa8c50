using System.Globalization;

namespace KvTcp.Cli;

// line = time 1*( SP name "=" value )  |  time SP "lost" SP reason

/// <summary>A line at each interval, for files and pipes. docs/command-line.md has the names.</summary>
/// <param name="output">Receives the lines.</param>
internal sealed class StatsLines(TextWriter output) : IStatsDisplay
{
    /// <inheritdoc/>
    public void Show(StatsView view)
    {
        string at = view.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        output.WriteLine(view.Lost is string reason ? $"{at} lost {StatsText.Cut(reason, int.MaxValue)}" : $"{at} {Figures(view, view.Figures!)}");
    }

    /// <summary>The output is the caller's.</summary>
    public void Dispose()
    {
    }

    private static string Figures(StatsView view, StatsSample figures)
    {
        StatsRates? rates = view.Rates;
        TimeSpan? age = figures.Age("dataset_loaded_at", view.At);
        (string Name, string Value)[] fields =
        [
            ("requests/s", Number(rates?.Requests)),
            ("hits/s", Number(rates?.Hits)),
            ("misses/s", Number(rates?.Misses)),
            ("bad_keys/s", Number(rates?.BadKeys)),
            ("errors/s", Number(rates?.Errors)),
            ("hit_rate", StatsText.Percent(rates?.HitRate)),
            ("received_bytes/s", Number(rates?.Received)),
            ("sent_bytes/s", Number(rates?.Sent)),
            ("connections", Number(figures.Number("connections_open"))),
            ("resident_bytes", Number(figures.Number("resident_bytes"))),
            ("dataset", figures.Text("dataset_id") ?? "none"),
            ("keys", Number(figures.Number("dataset_keys"))),
            ("age_seconds", Number(age?.TotalSeconds)),
            ("reload", figures.Text("reload_last_result") ?? "none"),
        ];
        return string.Join(' ', fields.Select(static field => $"{field.Name}={StatsText.Cut(field.Value, int.MaxValue)}"));
    }

    private static string Number(double? number) => number is null ? "-" : Math.Round(number.Value, 1).ToString("0.#", CultureInfo.InvariantCulture);
}
