namespace KvTcp.Cli;

/// <summary>A server as <see cref="StatsWatch"/> sees it at a moment. Immutable.</summary>
/// <param name="Server">Its address.</param>
/// <param name="At">The moment.</param>
/// <param name="Interval">How often it is asked.</param>
/// <param name="Figures">What it told last; null if it never has.</param>
/// <param name="Rates">What happened since it told before; null when that is not known.</param>
/// <param name="History">The last rates of requests, the newest at the end.</param>
/// <param name="Lost">Why it has not told its figures; null when it has.</param>
/// <param name="LostFor">For how long it has not.</param>
internal sealed record StatsView(
    string Server,
    DateTimeOffset At,
    TimeSpan Interval,
    StatsSample? Figures,
    StatsRates? Rates,
    IReadOnlyList<double> History,
    string? Lost,
    TimeSpan LostFor);
