using System.Diagnostics;
using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Soak;

/// <summary>Measures a normal load without a crowd that misbehaves, beside cores as busy as with it, and among it, in turn, against one server.</summary>
internal static class CrowdRun
{
    private const int Pairs = 100_000;

    private static readonly TimeSpan StormPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GarbagePause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan SlowestByte = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="stop">Ends it, with an exception.</param>
    public static async Task<CrowdResult> RunAsync(CrowdPlan plan, CancellationToken stop)
    {
        using WorkFolder folder = new();
        Findings findings = new();
        Generations generations = new(new KnownPairs(Pairs, plan.Seed));
        string dataFile = Path.Combine(folder.Root, "crowd.data");
        generations.Pairs.Publish(dataFile, 0);
        using SoakServer server = await SoakServer.StartAsync(
            plan.Program,
            folder.Root,
            ["127.0.0.1:0"],
            ["--data", dataFile, "--http", "off", "--transport", plan.Transport, .. plan.Limits.Arguments],
            plan.Cores,
            findings);
        NormalLoad load = new(plan, server.EndPoints[0], await WithoutLongAsync(dataFile, stop));
        Surroundings around = new(server.EndPoints[0], Surroundings.From("127.0.0.1"), generations, findings);
        List<RunDocument> without = [];
        List<RunDocument> beside = [];
        List<RunDocument> among = [];
        long before = ProcessFigures.Resident(server.Id);
        long most = 0;
        double processors = 0;
        for (int round = 0; round < plan.WarmUpRounds + plan.Rounds; round++)
        {
            without.Add(await load.MeasureAsync(stop));
            before = round == 0 ? ProcessFigures.Resident(server.Id) : before;
            using (BusyThreads busy = new(plan.ClientCores.Count))
            {
                beside.Add(await load.MeasureAsync(stop));
            }

            using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(stop);
            Task crowd = Task.WhenAll(Gathered(plan, around, done.Token));
            Task<long> watch = MostResidentAsync(server, done.Token);
            try
            {
                await Task.Delay(plan.Limits.UnreadReply, stop);
                TimeSpan cpu = ProcessFigures.Cpu(server.Id);
                long began = Stopwatch.GetTimestamp();
                among.Add(await load.MeasureAsync(stop));
                processors = (ProcessFigures.Cpu(server.Id) - cpu) / Stopwatch.GetElapsedTime(began);
            }
            finally
            {
                await done.CancelAsync();
                await crowd;
                most = Math.Max(most, await watch);
            }
        }

        string[] wrong = [.. findings.Wrong, .. Lost([.. without, .. beside, .. among]), .. TooMuch(plan, most - before)];
        return new CrowdResult(plan, without, beside, among, before, most, processors, findings.Seen, wrong);
    }

    /// <summary>Each kind comes from an address of its own, as attackers do.</summary>
    private static IEnumerable<Task> Gathered(CrowdPlan plan, Surroundings around, CancellationToken stop)
    {
        Surroundings From(int kind) => around with { Open = Surroundings.From($"127.0.{kind}.1") };

        // All of a kind are there by the time that the first is closed and comes again: what closing them costs is spread over the time too.
        yield return new SlowClients(From(2), plan.Limits.FirstRequest, SlowestByte).RunAsync(plan.Slow, plan.Seed + 2_000, stop, plan.Limits.UnreadReply);
        yield return new UnreadClients(From(3), plan.Limits.UnreadReply).RunAsync(plan.Unread, plan.Seed + 4_000, stop, plan.Limits.UnreadReply);
        yield return new GarbageSenders(From(4), GarbagePause).RunAsync(plan.Garbage, plan.Seed + 6_000, stop);
        yield return new ReconnectStorm(From(5), StormPause).RunAsync(plan.Storming, stop);
    }

    private static async Task<long> MostResidentAsync(SoakServer server, CancellationToken stop)
    {
        long most = 0;
        while (!stop.IsCancellationRequested && server.IsAlive)
        {
            most = Math.Max(most, ProcessFigures.Resident(server.Id));
            await Task.Delay(LookInterval, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return most;
    }

    /// <summary>The same pairs but for the long value, which the normal load does not ask for.</summary>
    private static async Task<string> WithoutLongAsync(string dataFile, CancellationToken stop)
    {
        string path = $"{dataFile}.short";
        await File.WriteAllLinesAsync(path, File.ReadLines(dataFile).Skip(1), stop);
        return path;
    }

    private static IEnumerable<string> Lost(IReadOnlyList<RunDocument> results) => results
        .Where(static result => result.Counts is not { Errors: 0, Timeouts: 0, Lost: 0, Mismatches: 0, Misses: 0, Reconnects: 0 })
        .Select(static result => $"the normal load: {result.Counts}; {string.Join("; ", result.ErrorSamples.Concat(result.MismatchSamples))}");

    private static IEnumerable<string> TooMuch(CrowdPlan plan, long extra) => extra <= plan.ExtraResident
        ? []
        : [$"the crowd has added {extra >> 20} MiB to the server's RSS, of {plan.ExtraResident >> 20} allowed"];
}
