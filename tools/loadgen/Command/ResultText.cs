using System.Globalization;
using KvTcp.Cli;

namespace KvTcp.LoadGen;

/// <summary>A result as plain text. Stateless.</summary>
internal static class ResultText
{
    private static readonly (string Name, double Share)[] Percentiles =
        [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999)];

    /// <summary>Writes it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="result">The result.</param>
    public static void Write(TextWriter output, LoadResult result)
    {
        LoadPlan plan = result.Plan;
        LoadCounts counts = result.Counts;
        string loop = plan.Rate is double rate ? $"open loop at {rate:N0} requests/s" : "closed loop";
        output.WriteLine(
            $"{plan.Server}, {plan.Protocol}, {loop}, {plan.Connections} connections, depth {plan.Depth}, {plan.Threads} threads, " +
            $"{result.Elapsed.TotalSeconds:0.###} s after {ValueParsers.Text(plan.WarmUp)} of warm-up");
        output.WriteLine($"requests    {counts.Requests:N0}, {result.RequestsPerSecond:N0} a second");
        output.WriteLine(
            $"latency     {string.Join(", ", Percentiles.Select(p => $"{p.Name} {Text(result.Latency.Percentile(p.Share))}"))}, max {Text(result.Latency.Max)}");
        output.WriteLine(
            $"outcome     {counts.Hits:N0} hits, {counts.Misses:N0} misses, {counts.Errors:N0} errors, {counts.Timeouts:N0} timeouts, " +
            $"{counts.Lost:N0} lost, {counts.Reconnects:N0} reconnects" +
            (plan.Rate is null ? "" : $", {counts.Unsent:N0} unsent") + (plan.Verify ? $", {counts.Mismatches:N0} mismatches" : ""));
        double cpu = result.GeneratorCpu.TotalSeconds;
        output.WriteLine(
            $"generator   {cpu:0.###} s of processor time, {cpu / Math.Max(1, counts.Requests) * 1e6:0.###} us a request" +
            (result.SendDelay is LatencyHistogram delay ? $", {Text(delay.Percentile(0.99))} late at p99" : ""));
        foreach (string sample in result.ErrorSamples)
        {
            output.WriteLine($"error       {sample}");
        }

        foreach (string sample in result.MismatchSamples)
        {
            output.WriteLine($"mismatch    {sample}");
        }
    }

    private static string Text(TimeSpan time) => time.TotalMilliseconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMicroseconds:0.#} us"),
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.##} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.##} s"),
    };
}
