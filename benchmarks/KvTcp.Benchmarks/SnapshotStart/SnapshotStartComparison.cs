using System.Diagnostics;
using System.Text;
using KvTcp.Cli;
using KvTcp.Compare;
using KvTcp.Store;

namespace KvTcp.Benchmarks.SnapshotStart;

/// <summary>
/// <c>./run.sh bench snapshot-start</c>: how long <c>kvtcp build</c> takes beside <c>kvtcp check</c>, and from the start of a server to its
/// first correct reply for an empty data file, snapshots of two sizes, and the text of the larger one. Rounds alternate between them.
/// </summary>
internal static class SnapshotStartComparison
{
    private const int Small = 1_000_000;
    private const int Large = 10_000_000;
    private const int BuildRounds = 5;
    private const int StartRounds = 15;
    private const int Seed = 1;

    private static readonly string Program = SourceTree.PathOf("artifacts/bin/KvTcp.Cli/release/kvtcp");

    /// <summary>Measures and prints two tables.</summary>
    /// <returns>The exit code: 69 when the server cannot be started.</returns>
    public static async Task<int> RunAsync()
    {
        using WorkFolder folder = new();
        try
        {
            string smallText = await folder.GenerateAsync(Small, CancellationToken.None);
            string largeText = await folder.GenerateAsync(Large, CancellationToken.None);
            string smallSnapshot = Path.ChangeExtension(smallText, SnapshotFile.Extension);
            string largeSnapshot = Path.ChangeExtension(largeText, SnapshotFile.Extension);
            await CompareBuildsAsync([(smallText, smallSnapshot), (largeText, largeSnapshot)]);
            await CompareStartsAsync(folder, smallSnapshot, largeSnapshot, largeText);
            return ExitCode.Success;
        }
        catch (CommandException exception)
        {
            Console.Error.WriteLine($"snapshot-start: {exception.Message}");
            return exception.ExitCode;
        }
    }

    private static async Task CompareBuildsAsync(IReadOnlyList<(string Text, string Snapshot)> files)
    {
        Console.WriteLine("| pairs | `kvtcp check`, s | `kvtcp build`, s | ratio |");
        Console.WriteLine("|---|---|---|---|");
        foreach ((string text, string snapshot) in files)
        {
            List<double> checks = [];
            List<double> builds = [];
            for (int round = 0; round < BuildRounds; round++)
            {
                checks.Add(await SecondsAsync("check", text));
                builds.Add(await SecondsAsync("build", text, "-o", snapshot));
            }

            Spread ratio = Spread.Of(builds.Zip(checks, static (build, check) => build / check));
            string pairs = Path.GetFileNameWithoutExtension(text);
            Console.WriteLine($"| {pairs} | {Spread.Of(checks).Text("0.00")} | {Spread.Of(builds).Text("0.00")} | {ratio.Text("0.0")} |");
        }
    }

    private static async Task CompareStartsAsync(WorkFolder folder, string smallSnapshot, string largeSnapshot, string largeText)
    {
        string empty = await folder.GenerateAsync(0, CancellationToken.None);
        Guid key = DataFileGenerator.KeyAt(Seed, Small - 1);
        byte[] value = new byte[DataFileGenerator.DefaultMaxValueLength];
        int length = DataFileGenerator.ValueAt(Seed, Small - 1, value);
        string hit = $"OK {Encoding.ASCII.GetString(value, 0, length)}\n";
        (string Name, string File, string Reply, List<double> Times)[] starts =
        [
            ("an empty data file", empty, "NOT_FOUND\n", []),
            ($"a snapshot of {Small:N0}", smallSnapshot, hit, []),
            ($"a snapshot of {Large:N0}", largeSnapshot, hit, []),
            ($"text of {Large:N0}", largeText, hit, []),
        ];
        for (int round = 0; round < StartRounds; round++)
        {
            foreach ((_, string file, string reply, List<double> times) in starts)
            {
                times.Add((await FirstReply.MeasureAsync(Program, file, key, reply)).TotalMilliseconds);
            }
        }

        Console.WriteLine("\n| started with | first correct reply after, ms | more than empty, ms |");
        Console.WriteLine("|---|---|---|");
        foreach ((string name, _, _, List<double> times) in starts)
        {
            Spread more = Spread.Of(times.Zip(starts[0].Times, static (time, emptyTime) => time - emptyTime));
            Console.WriteLine($"| {name} | {Spread.Of(times).Text("0")} | {more.Median:0} |");
        }
    }

    private static async Task<double> SecondsAsync(params string[] arguments)
    {
        long started = Stopwatch.GetTimestamp();
        ProgramEnd end = await Subprocess.RunAsync(Program, arguments, CancellationToken.None);
        return end.ExitCode == ExitCode.Success
            ? Stopwatch.GetElapsedTime(started).TotalSeconds
            : throw new CommandException(end.ExitCode, end.Error.TrimEnd());
    }
}
