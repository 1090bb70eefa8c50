using System.Globalization;
using System.Numerics;
using System.Text;
using KvTcp.Protocol;

namespace KvTcp.Fuzz;

/// <summary>Reads reply lines as docs/protocol.md#grammar says it, with strings.</summary>
internal static class LineReplyOracle
{
    /// <summary>Reads a line without its LF: its kind, its text, the word of an error's code, the number of LINES; null when it is none.</summary>
    public static (ReplyKind Kind, string Text, string Code, int Count)? Read(ReadOnlySpan<byte> bytes)
    {
        string line = Encoding.Latin1.GetString(bytes);
        if (line is "OK" or "NOT_FOUND")
        {
            return (line is "OK" ? ReplyKind.Ok : ReplyKind.NotFound, "", "", 0);
        }

        if (line.StartsWith("OK ", StringComparison.Ordinal))
        {
            return (ReplyKind.Ok, line[3..], "", 0);
        }

        string[] words = line.Split(' ', 3);
        return words switch
        {
            ["ERR", { Length: > 0 and < 60 } code, string text] => (ReplyKind.Error, text, code, 0),
            ["LINES", { Length: > 0 and < 59 } digits] when digits.All(char.IsAsciiDigit)
                && BigInteger.Parse(digits, CultureInfo.InvariantCulture) <= int.MaxValue
                => (ReplyKind.Lines, "", "", int.Parse(digits, CultureInfo.InvariantCulture)),
            _ => null,
        };
    }
}
