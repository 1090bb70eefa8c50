using System.Text;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>The words of commands, as metrics and traces show them.</summary>
internal static class CommandName
{
    private static readonly string[] Names =
    [
        .. Enum.GetValues<Command>().Select(static command =>
            command == Command.None ? "" : Encoding.ASCII.GetString(CommandTable.Word(command))),
    ];

    /// <summary>The word of a command, in upper case.</summary>
    public static string Of(Command command) => Names[(int)command];
}
