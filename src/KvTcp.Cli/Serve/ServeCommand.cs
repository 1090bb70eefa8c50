using System.CommandLine;
using System.Runtime.InteropServices;
using KvTcp.Server;
using KvTcp.Store;
using Microsoft.Extensions.Logging;

namespace KvTcp.Cli;

/// <summary><c>kvtcp serve</c>: loads data files, then answers until a signal.</summary>
internal static class ServeCommand
{
    private const string Examples = """
        kvtcp serve --data some.data
        kvtcp serve --data a.data.gz --data b.data --listen 127.0.0.1:7878 --listen unix:/run/kvtcp.sock
        zcat some.data.gz | kvtcp serve --data - --on-bad-line skip
        KVTCP_LISTEN='*:7878' KV_DATA_FILE_PATH=some.data kvtcp serve
        """;

    private const string Notes = """
        Each option can also come from the environment (--max-connections as KVTCP_MAX_CONNECTIONS, --data also as KV_DATA_FILE_PATH;
        a list is separated by semicolons) or from appsettings.json in the current directory (KvTcp.MaxConnections). The command line
        goes before the environment, the environment before the file. Durations are 500ms, 10s, 5m, 1h; sizes 4096, 64KiB, 1MiB.
        """;

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DocumentedCommand command = new("serve", "Serve data files over TCP until SIGTERM or SIGINT.", Examples) { Notes = Notes };
        foreach (Setting setting in KnownSettings.OfServe)
        {
            command.Add(setting.Option);
        }

        command.SetAction(static (result, _) => RunAsync(ServeSettings.Resolve(SettingSources.OfProcess(result), result.GetValue(CommandRun.Verbose))));
        return command;
    }

    private static async Task<int> RunAsync(ServeSettings settings)
    {
        InlineSocketCompletions.Enable();
        using Signals signals = new();
        using ILoggerFactory loggers = ServeLogging.Create(settings.LogLevel);
        ILogger logger = loggers.CreateLogger("KvTcp.Serve");
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            logger.IgnoredHangUp();
        });
        string source = string.Join(',', settings.Sources.Select(static s => s.Name));
        logger.Loading(source);
        using CancellationTokenSource loading = new();
        Task<LoadResult> load = LoadAsync(settings, loading.Token);
        if (await Task.WhenAny(load, signals.First) == signals.First)
        {
            // The process ends before the load notices: it may be waiting for standard input.
            await loading.CancelAsync();
            return ExitCode.ForSignal(await signals.First);
        }

        LoadResult loaded = await load;
        using Dataset dataset = loaded.Dataset;
        ServedDataset served = new(dataset, source, loaded.Report);
        LogLoad(logger, settings, served);
        return await ServeAsync(settings.Server, served, signals, loggers, logger);
    }

    private static async Task<LoadResult> LoadAsync(ServeSettings settings, CancellationToken cancellationToken)
    {
        WorkProgress progress = new();
        Task<LoadResult> load = Task.Run(
            () => DatasetLoader.Load(settings.Sources, settings.DataFiles, progress, cancellationToken), CancellationToken.None);
        await ProgressBar.ShowAsync("Loading", load, progress);
        return await load;
    }

    private static async Task<int> ServeAsync(ServerOptions options, ServedDataset served, Signals signals, ILoggerFactory loggers, ILogger logger)
    {
        await using KvServer server = await KvServer.StartAsync(options, served, loggers);
        logger.Received(await signals.First);
        await server.StopAsync();
        return ExitCode.Success;
    }

    private static void LogLoad(ILogger logger, ServeSettings settings, ServedDataset served)
    {
        LoadReport report = served.Report;
        logger.Loaded(report.Pairs, served.Source, report.Duration.TotalSeconds, served.Dataset.Id.ToString(), report.BytesRead);
        if (report.BadLines > 0)
        {
            logger.SkippedBadLines(report.BadLines, report.Lines, report.FirstBadLines[0].ToString());
        }

        if (report.Duplicates > 0)
        {
            logger.DroppedDuplicates(report.Duplicates, settings.DataFiles.Duplicates == DuplicatePolicy.First ? "first" : "last");
        }
    }
}
