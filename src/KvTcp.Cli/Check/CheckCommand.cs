using System.CommandLine;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary><c>kvtcp check</c>: loads data files as a server would, and prints what it found.</summary>
internal static class CheckCommand
{
    private const string Examples = """
        kvtcp check some.data
        kvtcp check some.kvs
        kvtcp check --uuid-version 4 --duplicates error a.data b.data.gz
        zcat some.data.gz | kvtcp check -
        """;

    private static readonly Argument<string[]> Files = new("FILE")
    {
        HelpName = "FILE...",
        Description = "Data files, plain or gzip, checked as one dataset, or a snapshot; - is standard input",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DocumentedCommand command = new("check", "Check data files: print counts, sizes and the first bad lines.", Examples) { Files };
        foreach (Setting setting in KnownSettings.OfDataFiles)
        {
            command.Add(setting.Option);
        }

        command.SetAction(static (result, _) => RunAsync(
            result.GetValue(Files) ?? [],
            DataFileSettings.CheckedOptions(SettingSources.OfProcess(result)),
            result.InvocationConfiguration.Output));
        return command;
    }

    private static async Task<int> RunAsync(string[] paths, DataFileOptions options, TextWriter output)
    {
        IReadOnlyList<DataSource> sources = DataFileSettings.Sources(paths);
        // All lines are read whatever the policy is: the point is to tell what is wrong with them.
        DataFileOptions skipping = options with { OnBadLine = BadLinePolicy.Skip };
        WorkProgress progress = new();
        Task<LoadResult> load = Task.Run(() => DatasetLoader.Load(sources, skipping, progress));
        LoadReport report;
        try
        {
            await ProgressBar.ShowAsync("Checking", load, progress);
            LoadResult loaded = await load;
            using Dataset dataset = loaded.Dataset;
            report = loaded.Report;
            CheckReport.Write(output, sources.Count, report, dataset);
        }
        catch (DataFileException e)
        {
            CheckReport.Write(output, sources.Count, e.Report, dataset: null);
            throw;
        }

        return report.BadLines == 0 || options.OnBadLine == BadLinePolicy.Skip
            ? ExitCode.Success
            : throw new CommandException(
                ExitCode.BadData,
                $"{report.FirstBadLines[0]}; {report.BadLines} of {report.Lines} lines are bad; mend them, or leave them out with --on-bad-line skip");
    }
}
