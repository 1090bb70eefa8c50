namespace KvTcp.LoadGen;

/// <summary>Runs a closed loop with pipelines of depth 1, 2, 4 and so on: what a server gains from requests that come together.</summary>
internal static class DepthSweep
{
    /// <summary>The deepest pipeline, unless the user says otherwise.</summary>
    public const int LastDepth = 128;

    /// <summary>More depth than it takes for this share of the most requests a second only makes them wait.</summary>
    private const double NearlyAll = 0.95;

    /// <summary>Runs it.</summary>
    /// <param name="plan">The plan of every step but for its depth, which is that of the last.</param>
    /// <param name="run">Runs a step.</param>
    /// <param name="cancellation">Ends the sweep after the step that it interrupts.</param>
    public static SweepResult Run(LoadPlan plan, Func<string, LoadPlan, LoadResult> run, CancellationToken cancellation)
    {
        List<NamedRun> steps = [];
        foreach (int depth in Depths(plan.Depth))
        {
            string name = $"depth {depth}";
            steps.Add(new NamedRun(name, run(name, plan with { Depth = depth })));
            if (cancellation.IsCancellationRequested)
            {
                break;
            }
        }

        return new SweepResult(steps, Conclude(steps), Capacity: null);
    }

    /// <summary>Powers of two, and the last depth itself.</summary>
    private static IEnumerable<int> Depths(int last)
    {
        for (long depth = 1; depth < last; depth *= 2)
        {
            yield return (int)depth;
        }

        yield return last;
    }

    private static string Conclude(IReadOnlyList<NamedRun> steps)
    {
        LoadResult[] valid = [.. steps.Select(static step => step.Result).Where(static result => result.InvalidReason is null)];
        if (valid is [])
        {
            return "No step was valid";
        }

        LoadResult most = valid.MaxBy(static result => result.RequestsPerSecond)!;
        LoadResult enough = valid.First(result => result.RequestsPerSecond >= most.RequestsPerSecond * NearlyAll);
        return $"Most: {FigureText.Rate(most.RequestsPerSecond)} requests/s at depth {most.Plan.Depth}; " +
            $"depth {enough.Plan.Depth} gives at least {FigureText.Percent(NearlyAll)} of that";
    }
}
