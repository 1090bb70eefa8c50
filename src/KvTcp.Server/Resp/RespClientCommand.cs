using System.Text;
using KvTcp.Protocol.Resp;

namespace KvTcp.Server.Resp;

/// <summary>Answers <c>CLIENT</c> and its subcommands. Thread-safe.</summary>
internal static class RespClientCommand
{
    /// <summary>The longest name of a connection, a library, a version, in bytes.</summary>
    private const int LongestName = 64;

    /// <summary>About how many characters CLIENT LIST writes at most: the oldest connections, as many as fit.</summary>
    private const int LongestList = 24 * 1024;

    /// <summary>Writes the reply.</summary>
    /// <param name="arguments">The subcommand and its arguments.</param>
    /// <param name="session">The connection.</param>
    /// <param name="connections">All connections.</param>
    /// <param name="writer">Receives the reply.</param>
    /// <returns>The error to answer with instead; empty when the reply is written.</returns>
    public static ReadOnlySpan<byte> Write(List<byte[]> arguments, RespSession session, RespSessions connections, scoped ref RespWriter writer)
    {
        string subcommand = Encoding.UTF8.GetString(arguments[0]).ToLowerInvariant();
        switch (subcommand, arguments.Count)
        {
            case ("setname", 2):
                return SetName(arguments[1], session, ref writer);
            case ("setinfo", 3):
                return SetInfo(arguments[1], arguments[2], session, ref writer);
            case ("getname", 1):
                WriteName(session, ref writer);
                return default;
            case ("id", 1):
                writer.WriteInteger(session.Id);
                return default;
            case ("info", 1):
                writer.WriteText(Encoding.UTF8.GetBytes($"{session}\n"));
                return default;
            case ("list", 1):
                WriteList(connections, ref writer);
                return default;
            case ("no-evict", 2):
                writer.WriteSimple("OK"u8);
                return default;
            case ("setname" or "setinfo" or "getname" or "id" or "info" or "list" or "no-evict", _):
                return RespErrorText.WrongArguments($"client|{subcommand}");
            default:
                return RespErrorText.UnknownSubcommand("client", subcommand);
        }
    }

    /// <summary>Whether a connection may be called so: printable ASCII without spaces, as in Redis, of at most <see cref="LongestName"/> bytes.</summary>
    public static bool IsName(ReadOnlySpan<byte> name) => name.Length <= LongestName && name.IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0;

    private static void WriteList(RespSessions connections, ref RespWriter writer)
    {
        StringBuilder list = new();
        foreach (RespSession session in connections.All())
        {
            string line = $"{session}\n";
            if (list.Length + line.Length > LongestList)
            {
                break;
            }

            list.Append(line);
        }

        writer.WriteText(Encoding.UTF8.GetBytes(list.ToString()));
    }

    private static void WriteName(RespSession session, ref RespWriter writer)
    {
        if (session.Name.Length == 0)
        {
            writer.WriteNotFound();
        }
        else
        {
            writer.WriteValue(Encoding.UTF8.GetBytes(session.Name));
        }
    }

    private static ReadOnlySpan<byte> SetName(byte[] name, RespSession session, scoped ref RespWriter writer)
    {
        if (!IsName(name))
        {
            return RespErrorText.InvalidName;
        }

        session.Name = Encoding.UTF8.GetString(name);
        writer.WriteSimple("OK"u8);
        return default;
    }

    private static ReadOnlySpan<byte> SetInfo(byte[] option, byte[] value, RespSession session, scoped ref RespWriter writer)
    {
        if (!IsName(value))
        {
            return RespErrorText.InvalidName;
        }

        if (Ascii.EqualsIgnoreCase(option, "LIB-NAME"u8))
        {
            session.LibraryName = Encoding.UTF8.GetString(value);
        }
        else if (Ascii.EqualsIgnoreCase(option, "LIB-VER"u8))
        {
            session.LibraryVersion = Encoding.UTF8.GetString(value);
        }
        else
        {
            return RespErrorText.Syntax;
        }

        writer.WriteSimple("OK"u8);
        return default;
    }
}
