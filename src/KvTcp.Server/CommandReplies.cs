using System.Reflection;
using System.Text;
using KvTcp.Protocol;
using KvTcp.Server.Engine;

namespace KvTcp.Server;

/// <summary>Answers the commands that look up no key: COUNT, STATS, VERSION, PING, HELP, QUIT. Thread-safe.</summary>
internal sealed class CommandReplies
{
    private readonly Reloader? _reloader;
    private readonly RedisEngine? _engine;
    private readonly StatsReply _stats;

    /// <summary>Makes the replies of a server.</summary>
    /// <param name="datasets">The datasets that STATS tells of.</param>
    /// <param name="reloader">The reloads that STATS and VERSION tell of; null for a server that never reloads.</param>
    /// <param name="engine">What answers instead of a dataset; null for a server that has datasets.</param>
    /// <param name="connections">The connections that STATS tells of.</param>
    /// <param name="refusals">The clients turned away that STATS tells of.</param>
    /// <param name="transport">The transport that STATS tells of.</param>
    public CommandReplies(
        DatasetHolder datasets, Reloader? reloader, RedisEngine? engine, ConnectionRegistry connections, Refusals refusals, ServerTransport transport)
    {
        _reloader = reloader;
        _engine = engine;
        _stats = new StatsReply(datasets, reloader, engine, connections, refusals, transport);
    }

    /// <summary>The version of this program, as in its assemblies.</summary>
    public static string ServerVersion { get; } =
        typeof(CommandReplies).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Why <see cref="StartReload"/> starts nothing, where it does not.</summary>
    public ReadOnlySpan<byte> WhyNoReload => _engine is null ? ErrorText.NoReload : ErrorText.NoReloadOfEngine;

    /// <summary>Starts a reload or a rollback.</summary>
    /// <param name="command">RELOAD or ROLLBACK.</param>
    /// <returns>Its outcome, never an exception; null for a server that never reloads.</returns>
    public Task<ReloadOutcome>? StartReload(Command command) =>
        command == Command.Reload ? _reloader?.ReloadAsync(ReloadTrigger.Command) : _reloader?.RollBackAsync();

    /// <summary>Writes the reply of one of the commands above.</summary>
    /// <param name="command">The command.</param>
    /// <param name="served">
    /// The dataset that COUNT, STATS and VERSION tell of; null while nothing is loaded, when COUNT is answered elsewhere, and where an engine answers.
    /// </param>
    /// <param name="writer">Receives the reply.</param>
    public void Write(Command command, ServedDataset? served, ref ReplyWriter writer)
    {
        switch (command)
        {
            case Command.Count:
                writer.WriteOk(KeyCount(served));
                break;
            case Command.Stats:
                _stats.Write(served, ref writer);
                break;
            case Command.Version:
                writer.WriteOk(Encoding.ASCII.GetBytes(Version(served)));
                break;
            case Command.Ping:
                writer.WriteOk("PONG"u8);
                break;
            case Command.Help:
                WriteHelp(ref writer);
                break;
            case Command.Quit:
                writer.WriteOk("BYE"u8);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(command), command, "This command is answered elsewhere.");
        }
    }

    private string Version(ServedDataset? served) =>
        $"kvtcp/{ServerVersion} proto=1 dataset={StatsReply.Id(served)} keys={KeyCount(served)} " +
        $"loaded={StatsReply.Time(served?.LoadedAt)} reload={ReloadState.Word(_reloader?.State.Last?.Result)}";

    private long KeyCount(ServedDataset? served) => _engine?.Health.Keys ?? served?.Dataset.Count ?? 0;

    private static void WriteHelp(ref ReplyWriter writer)
    {
        writer.WriteLines(CommandTable.Count);
        for (int i = 0; i < CommandTable.Count; i++)
        {
            writer.WriteLine(CommandTable.HelpLine(i));
        }
    }
}
