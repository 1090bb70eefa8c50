using KvTcp.Cli;

namespace KvTcp.LoadGen;

/// <summary>Whether a run did what it was to do. Stateless.</summary>
internal static class ResultJudgement
{
    /// <summary>The exit code of a run whose figures must not be used.</summary>
    public const int Invalid = 1;

    /// <summary>Throws when a run did not. A sweep goes on until it has found a step that is too much, which is no fault of its own.</summary>
    /// <param name="report">All runs.</param>
    /// <exception cref="CommandException">
    /// Nothing was answered, replies were wrong, a run is invalid, or the server did not keep up with it.
    /// </exception>
    public static void ThrowIfBad(LoadReport report)
    {
        bool isSearch = report.Kind is ReportKind.RateSweep or ReportKind.DepthSweep &&
            report.Runs.Any(static run => run.Result.InvalidReason is null);
        foreach (NamedRun run in report.Runs)
        {
            ThrowIfBad(run.Result, isSearch);
        }
    }

    // Why a run is invalid, or too much for the server, stands in the table, which is written before.
    private static void ThrowIfBad(LoadResult result, bool isSearch)
    {
        LoadCounts counts = result.Counts;
        if (counts.Mismatches > 0)
        {
            throw new CommandException(
                ExitCode.BadData, $"{counts.Mismatches} replies are not what the data file says; {result.MismatchSamples[0]}");
        }

        if (result.InvalidReason is not null && !isSearch)
        {
            throw new CommandException(Invalid, "the run is invalid; the table says why");
        }

        if (counts.Errors > 0 && (result.Plan.Verify || counts.Errors == counts.Requests))
        {
            throw new CommandException(ExitCode.BadData, $"{counts.Errors} requests were answered with an error; {result.ErrorSamples[0]}");
        }

        if (counts.Requests == 0 && counts.Lost + counts.Timeouts > 0)
        {
            string sample = result.ErrorSamples.Count > 0 ? $"; {result.ErrorSamples[0]}" : "";
            throw new CommandException(ExitCode.Unavailable, $"no request was answered{sample}; does the server speak what --protocol says?");
        }

        if (result.OverloadReason is not null && !isSearch)
        {
            throw new CommandException(Invalid, "the server did not keep up, so the percentiles are too low; the table says more");
        }
    }
}
