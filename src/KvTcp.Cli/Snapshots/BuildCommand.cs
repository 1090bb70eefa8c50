using System.CommandLine;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary><c>kvtcp build</c>: compiles data files into a snapshot.</summary>
internal static class BuildCommand
{
    private const string Examples = """
        kvtcp build some.data -o some.kvs
        kvtcp build a.data b.data.gz --on-bad-line skip -o all.kvs
        zcat some.data.gz | kvtcp build - -o some.kvs
        """;

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(1);

    private static readonly Argument<string[]> Files = new("FILE")
    {
        HelpName = "FILE...",
        Description = "Data files, plain or gzip; - is standard input. Several become one dataset",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Output = new("--output", "-o")
    {
        HelpName = "FILE",
        Description = "The snapshot to write; it replaces another when it is complete",
        Required = true,
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DocumentedCommand command = new("build", "Compile data files into a snapshot, which a server opens at once.", Examples) { Files, Output };
        foreach (Setting setting in KnownSettings.OfDataFiles)
        {
            command.Add(setting.Option);
        }

        command.SetAction(static (result, _) => RunAsync(
            DataFileSettings.Sources(result.GetValue(Files) ?? []),
            OutputPath(result.GetValue(Output) ?? ""),
            DataFileSettings.CheckedOptions(SettingSources.OfProcess(result)),
            result.InvocationConfiguration.Output));
        return command;
    }

    /// <summary>What can be said of the path before minutes are spent on loading.</summary>
    private static string OutputPath(string path)
    {
        if (path is "" or "-")
        {
            throw new CommandException(ExitCode.Usage, "--output: a snapshot is written to a file; name it");
        }

        if (Directory.Exists(path))
        {
            throw new CommandException(ExitCode.InputOutput, $"{path} is a directory; name a file in it");
        }

        return Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path)))
            ? path
            : throw new CommandException(ExitCode.InputOutput, $"{path} cannot be created: its directory does not exist");
    }

    private static async Task<int> RunAsync(IReadOnlyList<DataSource> sources, string path, DataFileOptions options, TextWriter output)
    {
        using Signals signals = new();
        using CancellationTokenSource stop = new();
        Task build = BuildAsync(sources, path, options, output, stop.Token);
        if (await Task.WhenAny(build, signals.First) == signals.First)
        {
            await stop.CancelAsync();
            // A read of standard input does not notice; everything else ends, and removes what it has written.
            await Task.WhenAny(build, Task.Delay(StopPatience));
            return ExitCode.ForSignal(await signals.First);
        }

        await build;
        return ExitCode.Success;
    }

    private static async Task BuildAsync(
        IReadOnlyList<DataSource> sources, string path, DataFileOptions options, TextWriter output, CancellationToken stop)
    {
        WorkProgress loading = new();
        Task<LoadResult> load = Task.Run(() => DatasetLoader.Load(sources, options, loading, stop), CancellationToken.None);
        await ProgressBar.ShowAsync("Loading", load, loading);
        LoadResult loaded = await load;
        using Dataset dataset = loaded.Dataset;

        WorkProgress writing = new();
        Task<SnapshotInfo> write = Task.Run(() => Write(dataset, path, writing, stop), CancellationToken.None);
        await ProgressBar.ShowAsync("Writing", write, writing);
        SnapshotReport.WriteBuilt(output, loaded.Report, await write);
    }

    private static SnapshotInfo Write(Dataset dataset, string path, WorkProgress progress, CancellationToken stop)
    {
        try
        {
            return SnapshotWriter.Write(dataset, path, progress, stop);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CommandException(ExitCode.InputOutput, $"{path} cannot be created: permission denied", e);
        }
    }
}
