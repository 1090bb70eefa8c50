using System.Diagnostics;
using System.Globalization;

namespace KvTcp.Cli;

/// <summary>What a server told with STATS, docs/protocol.md#stats, and when. Immutable.</summary>
/// <param name="figures">Names and values. A server of another version may lack some.</param>
/// <param name="timestamp">When they came, in ticks of <see cref="Stopwatch"/>.</param>
internal sealed class StatsSample(IReadOnlyDictionary<string, string> figures, long timestamp)
{
    private const string None = "none";

    /// <summary>When they came, in ticks of <see cref="Stopwatch"/>.</summary>
    public long Timestamp => timestamp;

    /// <summary>A number; 0 if there is none of this name.</summary>
    public double Number(string name) =>
        figures.TryGetValue(name, out string? text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : 0;

    /// <summary>A text; null if there is nothing to tell.</summary>
    public string? Text(string name) => figures.TryGetValue(name, out string? text) && text is not None ? text : null;

    /// <summary>For how long a moment has passed, by the clock of this machine; null if there is none, or this clock is behind the server's.</summary>
    /// <param name="name">The name of the moment.</param>
    /// <param name="now">The time of this machine.</param>
    public TimeSpan? Age(string name, DateTimeOffset now) =>
        DateTimeOffset.TryParse(Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset then) && then <= now
            ? now - then
            : null;
}
