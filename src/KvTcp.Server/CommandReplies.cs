using System.Reflection;
using System.Text;
using KvTcp.Protocol;

namespace KvTcp.Server;

/// <summary>Answers the commands that look up no key: COUNT, STATS, VERSION, PING, HELP, QUIT. Thread-safe.</summary>
internal sealed class CommandReplies
{
    private readonly ServedDataset _served;
    private readonly StatsReply _stats;
    private readonly byte[] _version;

    /// <summary>Makes the replies of a server.</summary>
    /// <param name="served">The dataset that they tell of.</param>
    /// <param name="connections">The connections that STATS tells of.</param>
    /// <param name="transport">The transport that STATS tells of.</param>
    public CommandReplies(ServedDataset served, ConnectionRegistry connections, ServerTransport transport)
    {
        _served = served;
        _stats = new StatsReply(served, connections, transport);
        _version = Encoding.ASCII.GetBytes($"kvtcp/{ServerVersion} proto=1 dataset={served.Dataset.Id}");
    }

    /// <summary>The version of this program, as in its assemblies.</summary>
    public static string ServerVersion { get; } =
        typeof(CommandReplies).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Writes the reply of one of the commands above.</summary>
    /// <param name="command">The command.</param>
    /// <param name="writer">Receives the reply.</param>
    public void Write(Command command, ref ReplyWriter writer)
    {
        switch (command)
        {
            case Command.Count:
                writer.WriteOk(_served.Dataset.Count);
                break;
            case Command.Stats:
                _stats.Write(ref writer);
                break;
            case Command.Version:
                writer.WriteOk(_version);
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

    private static void WriteHelp(ref ReplyWriter writer)
    {
        writer.WriteLines(CommandTable.Count);
        for (int i = 0; i < CommandTable.Count; i++)
        {
            writer.WriteLine(CommandTable.HelpLine(i));
        }
    }
}
