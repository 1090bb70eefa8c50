using System.Globalization;
using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Soak;

/// <summary>What a crowd has done to a server, in all rounds. Immutable.</summary>
/// <param name="Plan">The crowd.</param>
/// <param name="Without">The normal load without it.</param>
/// <param name="Beside">The normal load without it, while its cores are kept busy with nothing: what the machine adds.</param>
/// <param name="Among">The normal load among it.</param>
/// <param name="ResidentBefore">The server's RSS without the crowd, in bytes.</param>
/// <param name="ResidentMost">The most that it was with it.</param>
/// <param name="Processors">How many processors the server kept busy among it, in the last round.</param>
/// <param name="Seen">What the crowd expected or could explain.</param>
/// <param name="Wrong">What is wrong; none when nothing was lost and memory kept its bound.</param>
internal sealed record CrowdResult(
    CrowdPlan Plan,
    IReadOnlyList<RunDocument> Without,
    IReadOnlyList<RunDocument> Beside,
    IReadOnlyList<RunDocument> Among,
    long ResidentBefore,
    long ResidentMost,
    double Processors,
    IReadOnlyList<(string What, long Count)> Seen,
    IReadOnlyList<string> Wrong)
{
    private const int GoalRatio = 2;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        p99 without  {string.Join(", ", Without.Select(P99))}
        p99 beside   {string.Join(", ", Beside.Select(P99))}: without the crowd, its cores busy with nothing
        p99 among    {string.Join(", ", Among.Select(P99))}
        ratio        {RatioTo(Without, Median):0.0} to without (goal {GoalRatio}), {RatioTo(Beside, Median):0.0} to beside: medians of the last {Plan.Rounds} rounds
                     {RatioTo(Without, Least):0.0} and {RatioTo(Beside, Least):0.0}: the least of each, since other programs can only add
        RSS          {ResidentBefore >> 20} MiB before, {ResidentMost >> 20} MiB at most: {(ResidentMost - ResidentBefore) >> 20} MiB more, of {Plan.ExtraResident >> 20} allowed
        processors   {Processors:0.00} by the server among the crowd, in the last round
        """);

    private double RatioTo(IReadOnlyList<RunDocument> runs, Func<Spread, double> figure) => figure(Measured(Among)) / figure(Measured(runs));

    private Spread Measured(IReadOnlyList<RunDocument> runs) => Spread.Of(runs.Skip(Plan.WarmUpRounds).Select(static run => run.LatencyMicroseconds.P99));

    private static double Median(Spread spread) => spread.Median;

    private static double Least(Spread spread) => spread.Least;

    private static string P99(RunDocument run) =>
        $"{FigureText.Latency(TimeSpan.FromMicroseconds(run.LatencyMicroseconds.P99))}" +
        $" (the load generator itself {FigureText.Latency(TimeSpan.FromMicroseconds(run.SendDelayMicroseconds!.P99))}{(run.Valid ? "" : $"; INVALID: {run.InvalidReason}")})";
}
