using System.Text;
using System.Text.RegularExpressions;

namespace KvTcp.Server.Resp;

// pattern = *( "*" | "?" | "[" [ "^" ] *( char | char "-" char ) "]" | "\" char | char )
// https://redis.io/docs/latest/commands/keys/

/// <summary>A pattern as Redis has them, in any case. Thread-safe; the time of a match grows with the length of the text only.</summary>
internal sealed class GlobPattern
{
    private readonly Regex _regex;

    /// <summary>Makes the pattern.</summary>
    /// <param name="glob">Its text. An unclosed bracket goes to the end.</param>
    public GlobPattern(string glob)
    {
        _regex = new Regex(
            Translate(glob),
            RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.ExplicitCapture);
    }

    /// <summary>Whether a text as a whole matches.</summary>
    public bool IsMatch(ReadOnlySpan<char> text) => _regex.IsMatch(text);

    private static string Translate(string glob)
    {
        StringBuilder regex = new(@"\A");
        for (int i = 0; i < glob.Length; i++)
        {
            switch (glob[i])
            {
                case '*':
                    regex.Append(".*");
                    break;
                case '?':
                    regex.Append('.');
                    break;
                case '[':
                    i = AppendBracket(glob, i + 1, regex);
                    break;
                case '\\' when i + 1 < glob.Length:
                    regex.Append(Regex.Escape(glob.Substring(++i, 1)));
                    break;
                default:
                    regex.Append(Regex.Escape(glob.Substring(i, 1)));
                    break;
            }
        }

        return regex.Append(@"\z").ToString();
    }

    /// <summary>Translates a bracket.</summary>
    /// <returns>Where its end is.</returns>
    private static int AppendBracket(string glob, int i, StringBuilder regex)
    {
        bool isNegated = i < glob.Length && glob[i] == '^';
        i += isNegated ? 1 : 0;
        List<string> ranges = [];
        for (; i < glob.Length && glob[i] != ']'; i++)
        {
            i += glob[i] == '\\' && i + 1 < glob.Length ? 1 : 0;
            char first = glob[i];
            char last = first;
            if (i + 2 < glob.Length && glob[i + 1] == '-' && glob[i + 2] != ']')
            {
                i += 2;
                last = glob[i];
            }

            (first, last) = first <= last ? (first, last) : (last, first);
            ranges.Add($@"\u{(int)first:x4}-\u{(int)last:x4}");
        }

        string all = string.Concat(ranges);
        regex.Append((isNegated, all.Length) switch
        {
            (false, 0) => "[^\\s\\S]",
            (true, 0) => "[\\s\\S]",
            (false, _) => $"[{all}]",
            _ => $"[^{all}]",
        });
        return i;
    }
}
