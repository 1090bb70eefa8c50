using System.Text;
using KvTcp.Protocol;

namespace KvTcp.Fuzz;

/// <summary>A request line as plain values.</summary>
/// <param name="Status">What it is.</param>
/// <param name="Command">Its command, <see cref="Command.None"/> but for the statuses that have one.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record LineRequest(RequestStatus Status, Command Command, string[] Arguments)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Status} {Command} {string.Join('|', Arguments)}";
}

/// <summary>Reads request lines as docs/protocol.md#grammar says it, with strings.</summary>
internal static class LineRequestOracle
{
    /// <summary>Reads a line without its LF.</summary>
    public static LineRequest Read(ReadOnlySpan<byte> bytes)
    {
        string line = Encoding.Latin1.GetString(bytes);
        line = (line.EndsWith('\r') ? line[..^1] : line).TrimEnd(' ');
        string[] words = line.Split(' ');
        string[] arguments = [.. words.Skip(1).Where(static word => word.Length > 0)];
        (Command command, bool isTaken) = (words[0].ToUpperInvariant(), arguments.Length) switch
        {
            ("GET", _) => (Command.Get, arguments.Length == 1),
            ("MGET", _) => (Command.MGet, arguments.Length > 0),
            ("EXISTS", _) => (Command.Exists, arguments.Length > 0),
            ("COUNT", _) => (Command.Count, arguments.Length == 0),
            ("STATS", _) => (Command.Stats, arguments.Length == 0),
            ("VERSION", _) => (Command.Version, arguments.Length == 0),
            ("PING", _) => (Command.Ping, arguments.Length == 0),
            ("HELP", _) => (Command.Help, arguments.Length == 0),
            ("RELOAD", _) => (Command.Reload, arguments.Length == 0),
            ("ROLLBACK", _) => (Command.Rollback, arguments.Length == 0),
            ("AUTH", _) => (Command.Auth, arguments.Length == 1),
            ("QUIT", _) => (Command.Quit, arguments.Length == 0),
            _ => (Command.None, false),
        };
        if (line.Length == 0)
        {
            return new LineRequest(RequestStatus.Blank, Command.None, []);
        }

        if (isTaken)
        {
            return new LineRequest(RequestStatus.Request, command, arguments);
        }

        if (words.Count(static word => word.Length > 0) > 1 && words[^1] is ['H', 'T', 'T', 'P', '/', '1', '.', >= '0' and <= '9'])
        {
            return new LineRequest(RequestStatus.HttpRequest, Command.None, []);
        }

        return command == Command.None
            ? new LineRequest(RequestStatus.UnknownCommand, Command.None, [])
            : new LineRequest(RequestStatus.WrongArguments, command, arguments);
    }

    /// <summary>The keys of the plain GETs that a stream begins with, and where the last of them ends.</summary>
    public static (List<Guid> Keys, int End) ReadPlainGets(ReadOnlySpan<byte> stream, bool version4)
    {
        List<Guid> keys = [];
        int end = 0;
        for (int length; (length = stream[end..].IndexOf((byte)'\n')) >= 0; end += length + 1)
        {
            string line = Encoding.Latin1.GetString(stream.Slice(end, length));
            line = line.EndsWith('\r') ? line[..^1] : line;
            if (!line.StartsWith("GET ", StringComparison.OrdinalIgnoreCase)
                || UuidOracle.Parse(Encoding.Latin1.GetBytes(line[4..])) is not Guid key
                || (version4 && !UuidOracle.IsVersion4(line[4..])))
            {
                break;
            }

            keys.Add(key);
        }

        return (keys, end);
    }
}
