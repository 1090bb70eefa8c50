using System.Diagnostics;
using System.Globalization;
using KvTcp.Redis;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>One load into a Redis: sending, then reading back.</summary>
internal sealed class RedisLoad
{
    private const int NameWidth = 16;
    private const int ShownDifferences = 20;

    private readonly RedisLoadPlan _plan;
    private readonly TextWriter _output;

    /// <summary>Prepares.</summary>
    /// <param name="plan">What to load, and where to.</param>
    /// <param name="output">Receives <c>name value</c> lines.</param>
    public RedisLoad(RedisLoadPlan plan, TextWriter output)
    {
        _plan = plan;
        _output = output;
    }

    /// <summary>Loads, and verifies where that is asked for.</summary>
    /// <param name="stop">Ends it; what is under way is stored and noted.</param>
    /// <returns>Whether everything is as it should be.</returns>
    /// <exception cref="CommandException">A line is bad, or the checkpoint is of another load.</exception>
    /// <exception cref="DataFileException">The data is damaged.</exception>
    /// <exception cref="RedisException">The target cannot be reached, or refuses.</exception>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        LoadCheckpoint? checkpoint = _plan.CheckpointPath is string path ? LoadCheckpoint.Open(path, _plan.Path, _plan.Target) : null;
        RedisOptions options = new() { RetryFor = _plan.RetryFor, MaxValueLength = DataFileOptions.LargestMaxValueLength };
        await using RedisClient client = await RedisClient.ConnectAsync(_plan.Target, options, stop);
        await SendAsync(client, checkpoint, stop);
        bool isRight = !_plan.Verifies || await VerifyAsync(client, stop);
        if (isRight)
        {
            checkpoint?.Remove();
        }

        return isRight;
    }

    private async Task SendAsync(RedisClient client, LoadCheckpoint? checkpoint, CancellationToken stop)
    {
        long started = Stopwatch.GetTimestamp();
        using PairReader reader = OpenReader(stop);
        WorkProgress progress = new(reader.Total);
        long stored = checkpoint?.Start ?? 0;
        PairSending sending = new(client, position =>
        {
            stored = position;
            checkpoint?.Note(position);
            progress.Report(reader.Done);
        });
        try
        {
            reader.SkipTo(stored);
            await ProgressBar.ShowAsync("Loading", sending.RunAsync(reader, stop), progress);
        }
        catch (DataFileException e) when (e.Report.BadLines > 0)
        {
            throw new CommandException(
                ExitCode.BadData, $"{e.Message}; the pairs before it are stored; mend the data, or see --on-bad-line", e);
        }
        finally
        {
            checkpoint?.Write(stored);
        }

        if (checkpoint is { Start: > 0 })
        {
            WriteLine("resumed_behind", checkpoint.Start);
        }

        WriteLine("pairs", sending.Pairs);
        WriteLine("bad_lines", reader.BadLines);
        WriteLine("load_seconds", Seconds(started));
    }

    private async Task<bool> VerifyAsync(RedisClient client, CancellationToken stop)
    {
        long started = Stopwatch.GetTimestamp();
        using PairReader reader = OpenReader(stop);
        WorkProgress progress = new(reader.Total);
        PairComparison comparison = new(client);
        await ProgressBar.ShowAsync("Verifying", comparison.RunAsync(reader, () => progress.Report(reader.Done), stop), progress);
        foreach ((Guid key, ComparedPairs.Comparison difference) in comparison.Differences.Take(ShownDifferences))
        {
            await _output.WriteLineAsync($"{key}: {(difference == ComparedPairs.Comparison.Missing ? "missing" : "another value")}");
        }

        WriteLine("differences", comparison.Differences.Count);
        WriteLine("verify_seconds", Seconds(started));
        return comparison.Differences.Count == 0;
    }

    private PairReader OpenReader(CancellationToken stop) => PairReader.Open(DataSource.FromPath(_plan.Path), _plan.DataFiles, stop);

    private static string Seconds(long started) => Stopwatch.GetElapsedTime(started).TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    private void WriteLine(string name, object value) => _output.WriteLine($"{name.PadRight(NameWidth)}{value}");
}
