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
        kvtcp build --from redis://127.0.0.1:6379 -o some.kvs
        """;

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(1);

    private static readonly Argument<string[]> Files = new("FILE")
    {
        HelpName = "FILE...",
        Description = "Data files, plain or gzip; - is standard input. Several become one dataset",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string> From = new("--from")
    {
        HelpName = RedisUrlArgument.HelpName,
        Description = "A Redis, Valkey or Garnet to read instead: redis://[user:password@]host:port[/db][,host:port...], or rediss:// for TLS",
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
        DocumentedCommand command = new("build", "Compile data files into a snapshot, which a server opens at once.", Examples) { Files, From, Output };
        foreach (Setting setting in KnownSettings.OfDataFiles)
        {
            command.Add(setting.Option);
        }

        command.SetAction(static (result, _) =>
        {
            SettingSources settings = SettingSources.OfProcess(result);
            DataFileOptions options = DataFileSettings.CheckedOptions(settings);
            string path = OutputPath(result.GetValue(Output) ?? "");
            TextWriter output = result.InvocationConfiguration.Output;
            string[] files = result.GetValue(Files) ?? [];
            if (result.GetValue(From) is not string url)
            {
                return files.Length > 0
                    ? RunAsync(stop => BuildAsync(DataFileSettings.Sources(files), path, options, output, stop))
                    : throw new CommandException(ExitCode.Usage, "nothing to build from; name data files, or a Redis with --from");
            }

            RedisBuild build = files.Length == 0
                ? new RedisBuild(RedisUrlArgument.Parse(From.Name, url, settings), options)
                : throw new CommandException(ExitCode.Usage, "--from: a snapshot is built of data files or of a Redis, not of both");
            return RunAsync(async stop =>
            {
                using Dataset dataset = await build.LoadAsync(output, stop);
                SnapshotReport.Write(output, await WriteAsync(dataset, path, stop));
            });
        });
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

    private static async Task<int> RunAsync(Func<CancellationToken, Task> build)
    {
        using Signals signals = new();
        using CancellationTokenSource stop = new();
        Task building = build(stop.Token);
        if (await Task.WhenAny(building, signals.First) == signals.First)
        {
            await stop.CancelAsync();
            // A read of standard input does not notice; everything else ends, and removes what it has written.
            await Task.WhenAny(building, Task.Delay(StopPatience));
            return ExitCode.ForSignal(await signals.First);
        }

        await building;
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
        SnapshotReport.WriteBuilt(output, loaded.Report, await WriteAsync(dataset, path, stop));
    }

    private static async Task<SnapshotInfo> WriteAsync(Dataset dataset, string path, CancellationToken stop)
    {
        WorkProgress writing = new();
        Task<SnapshotInfo> write = Task.Run(() => Write(dataset, path, writing, stop), CancellationToken.None);
        await ProgressBar.ShowAsync("Writing", write, writing);
        return await write;
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
