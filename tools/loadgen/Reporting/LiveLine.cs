using KvTcp.Cli;

namespace KvTcp.LoadGen;

/// <summary>One line on a terminal that says how a run goes, written anew every second. Not thread-safe.</summary>
/// <param name="terminal">The terminal.</param>
/// <param name="width">Its width in characters; 0 when it does not tell.</param>
internal sealed class LiveLine(TextWriter terminal, Func<int> width)
{
    private const string ToStartAndClear = "\r\e[K";
    private const int UsualWidth = 80;

    /// <summary>Opens standard error; null when that is no terminal that can rewrite a line.</summary>
    public static LiveLine? OnStandardError() =>
        Console.IsErrorRedirected || Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb"
            ? null
            : new LiveLine(Console.Error, static () => Console.WindowWidth);

    /// <summary>Says that a run begins.</summary>
    /// <param name="name">Its name; may be empty.</param>
    /// <param name="plan">Its plan.</param>
    public void ShowStart(string name, LoadPlan plan) =>
        Show(Prefix(name) + (plan.WarmUp > TimeSpan.Zero ? $"warming up for {ValueParsers.Text(plan.WarmUp)}" : "connecting"));

    /// <summary>Says what happened in a second.</summary>
    /// <param name="name">The run's name; may be empty.</param>
    /// <param name="plan">Its plan.</param>
    /// <param name="second">The second.</param>
    public void ShowSecond(string name, LoadPlan plan, LoadInterval second)
    {
        TimeSpan end = second.Start + second.Length;
        string progress = plan.Count is null ? $"{end.TotalSeconds:0.#} of {ValueParsers.Text(plan.Duration)}" : $"{end.TotalSeconds:0.#} s";
        string latency = second.Requests == 0
            ? "no reply"
            : $"p50 {FigureText.Latency(second.P50)}  p99 {FigureText.Latency(second.P99)}  max {FigureText.Latency(second.Max)}";
        Show($"{Prefix(name)}{progress}  {FigureText.Rate(second.RequestsPerSecond)} requests/s  {latency}");
    }

    /// <summary>Takes the line away, for other output to stand in its place.</summary>
    public void Clear() => terminal.Write(ToStartAndClear);

    // A longer line would be wrapped, and only its last row rewritten; the last column makes some terminals wrap, too.
    private void Show(string text)
    {
        string line = FigureText.OneLine(text);
        int columns = width() is int known and > 1 ? known : UsualWidth;
        terminal.Write(ToStartAndClear + line[..Math.Min(line.Length, columns - 1)]);
        terminal.Flush();
    }

    private static string Prefix(string name) => name.Length == 0 ? "" : $"{name}: ";
}
