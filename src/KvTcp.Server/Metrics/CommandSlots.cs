using KvTcp.Protocol;
using KvTcp.Protocol.Resp;

namespace KvTcp.Server.Metrics;

/// <summary>Where a connection counts the requests of each command: those of lines first, then those of RESP.</summary>
internal static class CommandSlots
{
    private static readonly Command[] Lines = Enum.GetValues<Command>();
    private static readonly RespCommand[] Resp = Enum.GetValues<RespCommand>();

    /// <summary>How many there are.</summary>
    public static int Count => Lines.Length + Resp.Length;

    /// <summary>The name of the metrics for each slot; the two protocols share those of commands that both have.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Lines.Select(static command => Name(command.ToString())), .. Resp.Select(static command => Name(command.ToString()))];

    /// <summary>The slot of a command of lines; None for a line that is no request.</summary>
    public static int Of(Command command) => (int)command;

    /// <summary>The slot of a command of RESP; None for one that is unknown.</summary>
    public static int Of(RespCommand command) => Lines.Length + (int)command;

    private static string Name(string command) => command is nameof(Command.None) ? "unknown" : command.ToLowerInvariant();
}
