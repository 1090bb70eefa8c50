using System.Diagnostics;

namespace KvTcp.LoadGen;

/// <summary>
/// Looks for the highest rate that a server keeps up with: doubles the rate until it fails twice, then halves the gap, in
/// proportion, until it is narrow. Every step is an open loop, so a server that falls behind shows in the latencies, too.
/// </summary>
internal static class RateSweep
{
    /// <summary>The rate of the first step, unless the user says otherwise.</summary>
    public const double FirstRate = 10_000;

    /// <summary>A server that has not answered so much of what was due when a step ends has not kept up.</summary>
    private const double KeptUpShare = 0.98;

    /// <summary>The search ends when the lowest rate that failed is less than this much above the highest that did not.</summary>
    private const double NarrowGap = 1.05;

    /// <summary>A server that does not answer one request a second is not there.</summary>
    private const double LowestRate = 1;

    /// <summary>Runs it.</summary>
    /// <param name="plan">The plan of every step but for its rate, which is that of the first.</param>
    /// <param name="run">Runs a step.</param>
    /// <param name="cancellation">Ends the sweep after the step that it interrupts.</param>
    public static SweepResult Run(LoadPlan plan, Func<string, LoadPlan, LoadResult> run, CancellationToken cancellation)
    {
        Debug.Assert(plan.Rate > 0, "a sweep of rates begins with one");
        List<NamedRun> steps = [];
        LoadResult? best = null;
        LoadResult? failed = null;
        double? next = plan.Rate;
        while (next is { } rate)
        {
            LoadPlan step = plan with { Rate = Math.Round(rate, rate < 100 ? 2 : 0) };
            string name = $"{FigureText.Rate(step.Rate.Value)}/s";
            LoadResult result = run(name, step);
            if (!KeptUp(result) && !cancellation.IsCancellationRequested)
            {
                // One hiccup of the machine must not end the search.
                result = run(name, step);
            }

            steps.Add(new NamedRun(name, result));
            if (KeptUp(result))
            {
                best = result;
            }
            else
            {
                failed = result;
            }

            next = cancellation.IsCancellationRequested ? null : Next(best, failed);
        }

        return new SweepResult(InOrder(steps), Conclude(best, failed, cancellation.IsCancellationRequested), best?.Plan.Rate);
    }

    /// <summary>Sorts steps by their rate; of one that was run twice, the second run counts.</summary>
    /// <param name="steps">The steps as they were run.</param>
    public static IReadOnlyList<NamedRun> InOrder(IEnumerable<NamedRun> steps) =>
        [.. steps.Reverse().DistinctBy(static step => step.Result.Plan.Rate).OrderBy(static step => step.Result.Plan.Rate)];

    // A generator that was late now and then makes the latencies invalid, but the answers came all the same.
    private static bool KeptUp(LoadResult result) =>
        result.Counts is { Timeouts: 0, Lost: 0 } &&
        result.RequestsPerSecond >= result.Plan.Rate * KeptUpShare &&
        LagAtEnd(result) <= result.Elapsed * (1 - KeptUpShare);

    // Deep pipelines hold what the server has fallen behind by, and it is answered after the end; but then it is that late.
    private static TimeSpan LagAtEnd(LoadResult result) => result.Intervals is [.., LoadInterval last] ? last.P50 : TimeSpan.Zero;

    private static double? Next(LoadResult? best, LoadResult? failed) => (best?.Plan.Rate, failed?.Plan.Rate) switch
    {
        ({ } low, null) => low * 2,
        (null, { } high) => high / 2 >= LowestRate ? high / 2 : null,
        ({ } low, { } high) => high / low > NarrowGap ? Math.Sqrt(low * high) : null,
        _ => throw new UnreachableException(),
    };

    private static string Conclude(LoadResult? best, LoadResult? failed, bool isInterrupted)
    {
        string kept = best is null
            ? "No rate was found that the server keeps up with"
            : $"The server keeps up with {FigureText.Rate(best.Plan.Rate!.Value)} requests/s";
        string limit = failed switch
        {
            null => "",
            { InvalidReason: not null } => $"; whether with {FigureText.Rate(failed.Plan.Rate!.Value)}, too, is not known, for that step is invalid",
            _ => $", and no longer with {FigureText.Rate(failed.Plan.Rate!.Value)}",
        };
        return kept + limit + (isInterrupted ? " (interrupted)" : "");
    }
}
