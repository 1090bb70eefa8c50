using System.CommandLine;
using KvTcp.Server;
using KvTcp.Server.Engine;
using KvTcp.Server.Http;
using KvTcp.Server.Metrics;
using Microsoft.Extensions.Logging;

namespace KvTcp.Cli;

/// <summary><c>kvtcp serve</c>: loads data files, or connects to an engine, and answers until a signal.</summary>
internal static class ServeCommand
{
    private const string Examples = """
        kvtcp serve --data some.data
        kvtcp serve --data https://store.example.org/pairs.data.gz --refresh 5m
        kvtcp serve --data some.data --listen '*:7878' --tls-cert server.crt --tls-key server.key --auth-token-file token
        kvtcp serve --data a.data.gz --data b.data --listen 127.0.0.1:7878 --listen unix:/run/kvtcp.sock
        kvtcp serve --data redis://10.0.0.1:6379,10.0.0.2:6379 --cache-size 256MiB
        zcat some.data.gz | kvtcp serve --data - --on-bad-line skip
        KVTCP_LISTEN='*:7878' KV_DATA_FILE_PATH=some.data kvtcp serve
        """;

    private const string Notes = """
        Each option can also come from the environment (--max-connections as KVTCP_MAX_CONNECTIONS, --data also as KV_DATA_FILE_PATH;
        a list is separated by semicolons) or from appsettings.json in the current directory (KvTcp.MaxConnections). The command line
        goes before the environment, the environment before the file. Durations are 500ms, 10s, 5m, 1h; sizes 4096, 64KiB, 1MiB.
        """;

    private static Option<bool> PrintConfig { get; } = new("--print-config")
    {
        Description = "Print every setting, with where it comes from and without secrets, and end",
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DocumentedCommand command = new("serve", "Serve data files, or what an engine such as Redis holds, over TCP until SIGTERM or SIGINT.", Examples) { Notes = Notes };
        foreach (Setting setting in KnownSettings.OfServe)
        {
            command.Add(setting.Option);
        }

        command.Add(PrintConfig);
        command.SetAction(static (result, _) => RunAsync(result));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result)
    {
        SettingSources sources = SettingSources.OfProcess(result);
        ServeSettings settings = ServeSettings.Resolve(sources, result.GetValue(CommandRun.Verbose));
        if (!result.GetValue(PrintConfig))
        {
            return await RunAsync(settings);
        }

        foreach (string line in EffectiveSettings.Lines(sources, settings))
        {
            await result.InvocationConfiguration.Output.WriteLineAsync(line);
        }

        return ExitCode.Success;
    }

    private static async Task<int> RunAsync(ServeSettings settings)
    {
        try
        {
            // Told before anything fails for it: what tells of a failure needs files too.
            if (OpenFileLimit.Allowed() is < OpenFileLimit.Least and long allowed)
            {
                throw new CommandException(
                    ExitCode.InputOutput, $"only {allowed} open files are allowed (`ulimit -n`, LimitNOFILE=), and a server needs {OpenFileLimit.Least}");
            }

            return await ServeAsync(settings);
        }
        finally
        {
            foreach (DatasetSource source in settings.Sources)
            {
                source.Dispose();
            }
        }
    }

    /// <summary>Listens when the data is loaded; in front of an engine, which may come and go while the server stands, at once.</summary>
    private static async Task<int> ServeAsync(ServeSettings settings)
    {
        InlineSocketCompletions.Enable();
        using Signals signals = new();
        HangUpSignal.Ignore();
        using ILoggerFactory loggers = ServeLogging.Create(settings.Log);
        ILogger logger = loggers.CreateLogger("KvTcp.Serve");
        using ServiceManager manager = ServiceManager.OfProcess(logger);
        using DatasetHolder datasets = new();
        await using RedisEngine? engine = settings.Engine is EngineOptions options ? new RedisEngine(options, loggers) : null;
        await using Reloader? reloader =
            engine is null ? new Reloader(datasets, settings.Sources, settings.DataFiles, settings.Reload, loggers) : null;
        ServerLife life = new(datasets, reloader, engine);
        using ServerMetrics metrics = new(life);
        using OtlpExport? export = settings.Collector is Uri collector ? new OtlpExport(collector) : null;
        await using HttpEndpoint? http = await OpenHttpAsync(settings, life, metrics, loggers, logger);
        await using CredentialWatch credentials = new(settings.Credentials, loggers);
        TaskCompletionSource isLoaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using HangUpSignal hangUp = new(() =>
        {
            credentials.Reload();
            if (reloader is not null)
            {
                OnHangUp(reloader, isLoaded.Task.IsCompleted, logger);
            }
            else if (settings.Credentials.Count == 0)
            {
                logger.NothingToReload();
            }
        });
        if (reloader is not null)
        {
            using CancellationTokenSource loading = new();
            manager.Loading();
            Task load = LoadAsync(reloader, loading.Token);
            if (await Task.WhenAny(load, signals.First) == signals.First)
            {
                logger.Received(await signals.First);

                // The process ends before the load notices: it may be waiting for standard input.
                await loading.CancelAsync();
                return ExitCode.ForSignal(await signals.First);
            }

            await load;
        }

        isLoaded.SetResult();
        return await ListenAsync(settings.Server, reloader, http, life, signals, manager, loggers, logger);
    }

    /// <summary>Offers HTTP before the data is loaded, so that whoever asks for its health gets an answer.</summary>
    private static async Task<HttpEndpoint?> OpenHttpAsync(
        ServeSettings settings, ServerLife life, ServerMetrics metrics, ILoggerFactory loggers, ILogger logger)
    {
        try
        {
            return settings.Http is HttpOptions http ? await HttpEndpoint.StartAsync(http, settings.Server, life, metrics, loggers) : null;
        }
        catch (ListenException exception) when (ReferenceEquals(settings.Http!.Listen, HttpOptions.DefaultListen))
        {
            // Nobody has asked for this address, and a server that is there for its TCP port must not fail for it.
            logger.NoHttp(exception.Message);
            return null;
        }
    }

    private static void OnHangUp(Reloader reloader, bool isLoaded, ILogger logger)
    {
        if (isLoaded)
        {
            // Its outcome is logged and shown by STATS; nobody waits for it here.
            _ = reloader.ReloadAsync(ReloadTrigger.Signal);
        }
        else
        {
            logger.IgnoredHangUp();
        }
    }

    private static async Task LoadAsync(Reloader reloader, CancellationToken cancellationToken)
    {
        WorkProgress progress = new();
        Task load = reloader.LoadFirstAsync(progress, cancellationToken);
        await ProgressBar.ShowAsync("Loading", load, progress);
        await load;
    }

    private static async Task<int> ListenAsync(
        ServerOptions options,
        Reloader? reloader,
        HttpEndpoint? http,
        ServerLife life,
        Signals signals,
        ServiceManager manager,
        ILoggerFactory loggers,
        ILogger logger)
    {
        HeapExhaustion.EndsTheProcess();
        await using KvServer server = await KvServer.StartAsync(options, life, loggers);

        // In front of an engine the heap keeps .NET's limit: what is cached is in the heap.
        await using HeapLimit? heap = reloader is null ? null : new HeapLimit(loggers);
        if (reloader is not null)
        {
            reloader.Observer = manager.Reloads;
        }

        manager.Ready();
        logger.Received(await signals.First);
        manager.Stopping();
        life.Draining();
        using CancellationTokenSource drain = new(options.DrainTimeout);

        // Clients that wait for a reload are told first, so that the drain need not wait for it.
        Task reloads = reloader?.StopAsync() ?? Task.CompletedTask;
        await server.StopAsync(drain.Token);

        // Until here it has told that the server drains.
        await (http?.StopAsync(drain.Token) ?? Task.CompletedTask);
        await reloads;
        return ExitCode.Success;
    }
}
