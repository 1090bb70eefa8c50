using System.CommandLine;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary><c>kvtcp diff</c>: tells which keys were added, removed and changed between two datasets.</summary>
internal static class DiffCommand
{
    private const string Examples = """
        kvtcp diff old.kvs new.kvs
        kvtcp diff --brief old.data new.kvs
        kvtcp diff old.kvs new.kvs | grep '^~'
        """;

    private static readonly Argument<string> First = new("A") { HelpName = "A", Description = "A data file, plain or gzip, or a snapshot; - is standard input" };

    private static readonly Argument<string> Second = new("B") { HelpName = "B", Description = "Another one" };

    private static readonly Option<bool> Brief = new("--brief") { Description = "Print the counts only" };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DocumentedCommand command = new(
            "diff", "Compare two datasets: + for a key that only B has, - for one that only A has, ~ for another value.", Examples)
        {
            First, Second, Brief,
        };
        foreach (Setting setting in KnownSettings.OfDataFiles)
        {
            command.Add(setting.Option);
        }

        command.SetAction(static (result, _) => RunAsync(
            DataFileSettings.Sources([result.GetValue(First) ?? "", result.GetValue(Second) ?? ""]),
            DataFileSettings.CheckedOptions(SettingSources.OfProcess(result)),
            result.GetValue(Brief)));
        return command;
    }

    private static async Task<int> RunAsync(IReadOnlyList<DataSource> sources, DataFileOptions options, bool brief)
    {
        using Dataset first = await LoadAsync(sources[0], options);
        using Dataset second = await LoadAsync(sources[1], options);
        using DiffLines lines = new(StandardOutput.Open());
        WorkProgress progress = new(first.Count + second.Count);
        Task<DiffCounts> compare = Task.Run(() => DatasetDiff.Compare(first, second, brief ? static (_, _) => { } : lines.Write, progress));
        await ProgressBar.ShowAsync("Comparing", compare, progress);
        DiffCounts counts = await compare;
        lines.WriteCounts(counts);
        return counts.IsSame ? ExitCode.Success : ExitCode.Different;
    }

    private static async Task<Dataset> LoadAsync(DataSource source, DataFileOptions options)
    {
        WorkProgress progress = new();
        Task<LoadResult> load = Task.Run(() => DatasetLoader.Load([source], options, progress));
        await ProgressBar.ShowAsync("Loading", load, progress);
        return (await load).Dataset;
    }
}
