using System.Diagnostics;
using System.Net;
using KvTcp.Cli;
using KvTcp.Client;
using KvTcp.Compare;
using KvTcp.LoadGen;
using KvTcp.Protocol;
using KvTcp.Server;

namespace KvTcp.Benchmarks.LiveSwap;

/// <summary>
/// <c>./run.sh bench live-swap [SWAPS [PAIRS]]</c>: what swaps of the dataset do to clients under load. The load generator plays 50 clients at a
/// fixed rate, before, while and after the dataset is swapped again and again; two more connections look at every answer. The rate leaves
/// processors free: beside a machine's full load, every wait is one for a processor.
/// </summary>
internal static class LiveSwapMeasurement
{
    private const double Rate = 20_000;
    private const int Connections = 50;
    private const int Depth = 16;
    private const int Checkers = 2;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs the measurement and prints its table.</summary>
    /// <param name="args">How many swaps, 1,000 by default, and of how many pairs, 100,000 by default.</param>
    /// <returns>The exit code: 1 when an answer was wrong or a connection was lost.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        int swaps = args.Length > 0 ? int.Parse(args[0]) : 1_000;
        int pairs = args.Length > 1 ? int.Parse(args[1]) : 100_000;
        using WorkFolder folder = new();
        string data = Path.Combine(folder.Root, "pairs.data");
        GenerationFile file = new(data, pairs);
        file.Publish(0);
        using KeyFile keys = KeyFile.Open(data);
        IPEndPoint address = new(IPAddress.Loopback, RunningPeer.FreePort());
        string unix = $"unix:{Path.Combine(folder.Root, "s")}";
        ProcessStartInfo start = new(
            SourceTree.PathOf("artifacts/bin/KvTcp.Cli/release/kvtcp"),
            ["serve", "--data", data, "--listen", address.ToString(), "--listen", unix, "--http", "off"])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        using Process server = Process.Start(start)!;
        try
        {
            while (await server.StandardError.ReadLineAsync() is string line && !line.EndsWith(unix, StringComparison.Ordinal))
            {
                // Until it listens at the last address.
            }

            _ = server.StandardError.BaseStream.CopyToAsync(Stream.Null);
            return await MeasureAsync(server, address, KvServerAddress.Parse(unix), file, keys, swaps, pairs);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    private static async Task<int> MeasureAsync(
        Process server, IPEndPoint address, KvServerAddress unix, GenerationFile file, KeyFile keys, int swaps, int pairs)
    {
        LoadPlan plan = new() { Server = address, Connections = Connections, Depth = Depth, Rate = Rate, Duration = Quiet };
        GenerationChecker[] checkers = [.. Enumerable.Range(1, Checkers).Select(seed => new GenerationChecker(address, pairs, seed))];
        LoadResult before = await LoadBesidePublishingAsync(plan, keys, file);
        Console.WriteLine("| | requests | p50 | p99 | p99.9 | longest | lost, errors, reconnects |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        Print("no swaps, before", before);

        using CancellationTokenSource isOver = new();
        Task<LoadResult> load = Task.Run(() => LoadRun.Run(plan with { Duration = TimeSpan.FromHours(1) }, keys, onSecond: null, isOver.Token));
        List<(int Swap, long Resident)> memory = [];
        List<double> seconds = [];
        for (int swap = 1; swap <= swaps; swap++)
        {
            await PublishAsync(file, swap);
            long started = Stopwatch.GetTimestamp();
            await ReloadAsync(unix);
            seconds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            memory.Add((swap, ProcessFigures.Resident(server.Id)));
            await Task.Delay(Pause);
        }

        await isOver.CancelAsync();
        LoadResult during = await load;
        Print($"{swaps} swaps", during);
        LoadResult after = await LoadBesidePublishingAsync(plan, keys, file);
        Print("no swaps, after", after);
        foreach (GenerationChecker checker in checkers)
        {
            await checker.DisposeAsync();
        }

        seconds.Sort();
        // Until the garbage collector has run for the first time, what loads leave behind makes its heap grow.
        (int Swap, long Resident)[] settled = [.. memory.Skip(memory.Count / 2)];
        Console.WriteLine($"a swap of {pairs:N0} pairs: median {seconds[seconds.Count / 2]:0.000} s, longest {seconds[^1]:0.000} s");
        Console.WriteLine(
            $"RSS: {settled[0].Resident >> 20} MiB after {settled[0].Swap} swaps, {settled[^1].Resident >> 20} MiB at the end, " +
            $"{Slope(settled) / 1024:0.0} KiB a swap");
        Console.WriteLine($"answers checked: {checkers.Sum(static c => c.Checked):N0}, wrong: {checkers.FirstOrDefault(static c => c.Fault is not null)?.Fault ?? "none"}");
        bool isClean = Array.TrueForAll(checkers, static c => c.Fault is null) && during.Counts is { Lost: 0, Errors: 0, Misses: 0, Timeouts: 0 };
        return isClean ? ExitCode.Success : 1;
    }

    /// <summary>Files are written at the same pace as beside the swaps, so that the swaps are all that differs.</summary>
    private static async Task<LoadResult> LoadBesidePublishingAsync(LoadPlan plan, KeyFile keys, GenerationFile file)
    {
        Task<LoadResult> load = Task.Run(() => LoadRun.Run(plan, keys, onSecond: null, CancellationToken.None));
        while (!load.IsCompleted)
        {
            await PublishAsync(file, 0);
            await Task.Delay(Pause);
        }

        return await load;
    }

    /// <summary>At low priority, as the server loads: writing the files is no part of what is measured.</summary>
    private static Task<bool> PublishAsync(GenerationFile file, int generation) => BackgroundThread.RunAsync(() =>
    {
        file.Publish(generation);
        return true;
    });

    private static async Task ReloadAsync(KvServerAddress unix)
    {
        using OperatorConnection connection = await OperatorConnection.OpenAsync(unix, tls: null, CancellationToken.None);
        OperatorReply reply = await connection.AskAsync(Command.Reload, token: null, CancellationToken.None);
        if (reply.Code is not null)
        {
            throw new CommandException(ExitCode.Unavailable, $"the reload was refused: {reply.Text}");
        }
    }

    private static void Print(string what, LoadResult result)
    {
        LatencyHistogram latency = result.Latency;
        LoadCounts counts = result.Counts;
        Console.WriteLine(
            $"| {what} | {counts.Requests:N0} | {Text(latency.Percentile(0.5))} | {Text(latency.Percentile(0.99))} | {Text(latency.Percentile(0.999))} | " +
            $"{Text(latency.Max)} | {counts.Lost}, {counts.Errors}, {counts.Reconnects} |" + (result.InvalidReason is string reason ? $" {reason}" : ""));
    }

    private static string Text(TimeSpan wait) => wait.TotalMilliseconds < 1 ? $"{wait.TotalMicroseconds:0} us" : $"{wait.TotalMilliseconds:0.0} ms";

    /// <summary>The line through the points that fits them best: bytes a swap.</summary>
    private static double Slope((int Swap, long Resident)[] points)
    {
        double meanSwap = points.Average(static p => p.Swap);
        double meanResident = points.Average(static p => p.Resident);
        return points.Sum(p => (p.Swap - meanSwap) * (p.Resident - meanResident)) / points.Sum(p => (p.Swap - meanSwap) * (p.Swap - meanSwap));
    }
}
