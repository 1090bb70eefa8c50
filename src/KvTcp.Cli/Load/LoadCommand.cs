using System.CommandLine;
using KvTcp.Redis;

namespace KvTcp.Cli;

/// <summary><c>kvtcp load</c>: stores the pairs of a data file or a snapshot in a Redis, Valkey or Garnet.</summary>
internal static class LoadCommand
{
    private const string Examples = """
        kvtcp load some.data --to redis://127.0.0.1:6379
        kvtcp load some.kvs --to redis://node1:6379,node2:6379 --verify
        KVTCP_REDIS_PASSWORD=... kvtcp load some.data.gz --to rediss://redis.example.org:6380 --checkpoint some.progress
        """;

    private const string Notes = """
        Pairs are sent in the order of the data, so the last value of a key stays. Keys of the target that are not in the data are left alone.
        """;

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(24);

    private static readonly Argument<string> File = new("FILE") { Description = "A data file, plain or gzip, or a snapshot; - is standard input" };

    private static readonly Option<string> To = new("--to")
    {
        HelpName = RedisUrlArgument.HelpName,
        Description = "redis://[user:password@]host:port[/db][,host:port...], or rediss:// for TLS; of a Cluster, any of its nodes",
        Required = true,
    };

    private static readonly Option<string> Checkpoint = new("--checkpoint")
    {
        HelpName = "FILE",
        Description = "Where to note how far the load is; a load that finds the file goes on from there",
    };

    private static readonly Option<bool> Verify = new("--verify") { Description = "Read all pairs back and compare them" };

    private static readonly Option<string> RetryFor = new("--retry-for")
    {
        HelpName = "DURATION",
        Description = $"How long to try again when a node fails [default: {ValueParsers.Text(new RedisOptions().RetryFor)}]",
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DocumentedCommand command = new("load", "Load a data file or a snapshot into a Redis, Valkey or Garnet.", Examples)
        {
            Notes = Notes,
        };
        command.Add(File);
        foreach (Option option in (Option[])[To, Checkpoint, Verify, RetryFor])
        {
            command.Add(option);
        }

        foreach (Setting setting in KnownSettings.OfStreamedFiles)
        {
            command.Add(setting.Option);
        }

        command.SetAction(static (result, _) =>
        {
            SettingSources settings = SettingSources.OfProcess(result);
            RedisLoadPlan plan = new(
                result.GetValue(File) ?? "",
                RedisUrlArgument.Parse(To.Name, result.GetValue(To) ?? "", settings),
                DataFileSettings.Options(settings),
                result.GetValue(Checkpoint),
                result.GetValue(Verify),
                ParseRetry(result.GetValue(RetryFor)));
            return RunAsync(plan, result.InvocationConfiguration.Output);
        });
        return command;
    }

    private static TimeSpan ParseRetry(string? text)
    {
        if (text is null)
        {
            return new RedisOptions().RetryFor;
        }

        return ValueParsers.Duration(TimeSpan.Zero, LongestRetry)(text, out TimeSpan value, out string? error)
            ? value
            : throw new CommandException(ExitCode.Usage, $"{RetryFor.Name}: {error}");
    }

    private static async Task<int> RunAsync(RedisLoadPlan plan, TextWriter output)
    {
        DataFileSettings.Check([plan.Path]);
        if (plan.Path is "-" && (plan.Verifies || plan.CheckpointPath is not null))
        {
            throw new CommandException(ExitCode.Usage, "standard input can be read only once: without --verify and --checkpoint");
        }

        using Signals signals = new();
        using CancellationTokenSource stop = new();
        Task<bool> load = Task.Run(() => new RedisLoad(plan, output).RunAsync(stop.Token));
        if (await Task.WhenAny(load, signals.First) == signals.First)
        {
            await stop.CancelAsync();
            // What is under way is stored, and the checkpoint is written, unless nodes or standard input keep it waiting.
            await Task.WhenAny(load, Task.Delay(StopPatience));
            return ExitCode.ForSignal(await signals.First);
        }

        return await load ? ExitCode.Success : ExitCode.Different;
    }
}
