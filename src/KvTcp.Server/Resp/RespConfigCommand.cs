using System.Text;
using KvTcp.Protocol.Resp;

namespace KvTcp.Server.Resp;

/// <summary>Answers <c>CONFIG GET</c> with the settings that clients ask for. Thread-safe.</summary>
internal static class RespConfigCommand
{
    // Nothing is saved, nothing evicted: what redis-benchmark and monitoring programs want to know.
    private static readonly (string Name, string Value)[] Settings =
    [
        ("appendonly", "no"),
        ("databases", "1"),
        ("maxmemory", "0"),
        ("maxmemory-policy", "noeviction"),
        ("save", ""),
    ];

    /// <summary>Writes the reply.</summary>
    /// <param name="arguments">The subcommand and its arguments.</param>
    /// <param name="writer">Receives the reply.</param>
    /// <returns>The error to answer with instead; empty when the reply is written.</returns>
    public static ReadOnlySpan<byte> Write(List<byte[]> arguments, scoped ref RespWriter writer)
    {
        if (!Ascii.EqualsIgnoreCase(arguments[0], "GET"u8))
        {
            return RespErrorText.UnknownSubcommand("config", Encoding.UTF8.GetString(arguments[0]));
        }

        if (arguments.Count == 1)
        {
            return RespErrorText.WrongArguments("config|get");
        }

        GlobPattern[] patterns = [.. arguments.Skip(1).Select(static argument => new GlobPattern(Encoding.UTF8.GetString(argument)))];
        (string Name, string Value)[] found = [.. Settings.Where(setting => patterns.Any(pattern => pattern.IsMatch(setting.Name)))];
        writer.WriteMap(found.Length);
        foreach ((string name, string value) in found)
        {
            writer.WriteValue(Encoding.UTF8.GetBytes(name));
            writer.WriteValue(Encoding.UTF8.GetBytes(value));
        }

        return default;
    }
}
