using System.Text;
using KvTcp.Protocol.Resp;

namespace KvTcp.Server.Resp;

/// <summary>Answers <c>COMMAND</c> and its subcommands, from which clients learn what there is. Thread-safe.</summary>
internal static class RespCommandCommand
{
    /// <summary>Writes the reply.</summary>
    /// <param name="arguments">The subcommand, if any, and its arguments.</param>
    /// <param name="writer">Receives the reply.</param>
    /// <returns>The error to answer with instead; empty when the reply is written.</returns>
    public static ReadOnlySpan<byte> Write(List<byte[]> arguments, scoped ref RespWriter writer)
    {
        string subcommand = arguments.Count == 0 ? "" : Encoding.UTF8.GetString(arguments[0]).ToLowerInvariant();
        switch (subcommand)
        {
            case "":
                WriteInfos([.. RespCommandTable.All], ref writer);
                return default;
            case "count" when arguments.Count == 1:
                writer.WriteInteger(RespCommandTable.All.Count);
                return default;
            case "list" when arguments.Count == 1:
                WriteStrings(RespCommandTable.All.Select(static command => command.Name), ref writer);
                return default;
            case "info":
                WriteInfos(arguments.Count == 1 ? [.. RespCommandTable.All] : Named(arguments), ref writer);
                return default;
            case "docs":
                WriteDocs(arguments.Count == 1 ? RespCommandTable.All : [.. Named(arguments).OfType<RespCommandInfo>()], ref writer);
                return default;
            case "count" or "list":
                return RespErrorText.WrongArguments($"command|{subcommand}");
            default:
                return RespErrorText.UnknownSubcommand("command", subcommand);
        }
    }

    private static RespCommandInfo?[] Named(List<byte[]> arguments) =>
        [.. arguments.Skip(1).Select(static name => RespCommandTable.Find(name)).Select(static c => c?.Command == RespCommand.Write ? null : c)];

    private static void WriteInfos(RespCommandInfo?[] commands, ref RespWriter writer)
    {
        writer.WriteArray(commands.Length);
        foreach (RespCommandInfo? command in commands)
        {
            if (command is null)
            {
                writer.WriteNotFound();
                continue;
            }

            // name, arity, flags, first key, last key, step, ACL categories, tips, key specifications, subcommands
            writer.WriteArray(10);
            WriteString(command.Name, ref writer);
            writer.WriteInteger(command.Arity);
            WriteFlags(command, ref writer);
            writer.WriteInteger(command.TakesKeys ? 1 : 0);
            writer.WriteInteger(command.TakesManyKeys ? -1 : command.TakesKeys ? 1 : 0);
            writer.WriteInteger(command.TakesKeys ? 1 : 0);
            writer.WriteArray(0);
            writer.WriteArray(0);
            writer.WriteArray(0);
            writer.WriteArray(0);
        }
    }

    private static void WriteFlags(RespCommandInfo command, ref RespWriter writer)
    {
        writer.WriteArray(2);
        writer.WriteSimple(command.Group is "string" or "generic" ? "readonly"u8 : "loading"u8);
        writer.WriteSimple("fast"u8);
    }

    private static void WriteDocs(IReadOnlyCollection<RespCommandInfo> commands, ref RespWriter writer)
    {
        writer.WriteMap(commands.Count);
        foreach (RespCommandInfo command in commands)
        {
            WriteString(command.Name, ref writer);
            writer.WriteMap(command.Arguments.Length > 0 ? 4 : 3);
            WriteString("summary", ref writer);
            WriteString(command.Summary, ref writer);
            WriteString("since", ref writer);
            WriteString("1.0.0", ref writer);
            WriteString("group", ref writer);
            WriteString(command.Group, ref writer);
            if (command.Arguments.Length > 0)
            {
                WriteString("arguments", ref writer);
                writer.WriteArray(1);
                writer.WriteMap(3);
                WriteString("name", ref writer);
                WriteString(command.Arguments, ref writer);
                WriteString("type", ref writer);
                WriteString("string", ref writer);
                WriteString("display_text", ref writer);
                WriteString(command.Arguments, ref writer);
            }
        }
    }

    private static void WriteStrings(IEnumerable<string> texts, ref RespWriter writer)
    {
        string[] all = [.. texts];
        writer.WriteArray(all.Length);
        foreach (string text in all)
        {
            WriteString(text, ref writer);
        }
    }

    private static void WriteString(string text, ref RespWriter writer) => writer.WriteValue(Encoding.UTF8.GetBytes(text));
}
