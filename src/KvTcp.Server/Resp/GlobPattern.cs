namespace KvTcp.Server.Resp;

// pattern = *( "*" | "?" | "[" [ "^" ] *( char | char "-" char ) "]" | "\" char | char )
// https://redis.io/docs/latest/commands/keys/

/// <summary>A pattern as Redis has them, in any case. Thread-safe.</summary>
/// <remarks>
/// A match takes at most as many steps as pattern and text have characters, multiplied: after a mismatch only the last star takes one
/// character more. A regular expression made of the pattern takes seconds to build where a client wants it to.
/// </remarks>
/// <param name="glob">Its text. An unclosed bracket goes to the end.</param>
internal sealed class GlobPattern(string glob)
{
    private readonly string _glob = glob.ToUpperInvariant();

    /// <summary>Whether a text as a whole matches.</summary>
    public bool IsMatch(ReadOnlySpan<char> text)
    {
        int at = 0;
        int i = 0;
        int afterStar = -1;
        int starText = 0;
        while (i < text.Length)
        {
            if (at < _glob.Length && _glob[at] == '*')
            {
                afterStar = ++at;
                starText = i;
            }
            else if (at < _glob.Length && Matches(char.ToUpperInvariant(text[i]), ref at))
            {
                i++;
            }
            else if (afterStar >= 0)
            {
                at = afterStar;
                i = ++starText;
            }
            else
            {
                return false;
            }
        }

        return _glob.AsSpan(at).Trim('*').IsEmpty;
    }

    /// <summary>Whether a character is what stands at a place of the pattern; if so, the place moves on.</summary>
    private bool Matches(char c, ref int at)
    {
        int next = at;
        bool matches = _glob[next] switch
        {
            '?' => true,
            '[' => IsInBracket(c, ref next),
            '\\' when next + 1 < _glob.Length => _glob[++next] == c,
            char other => other == c,
        };
        at = matches ? Math.Min(next + 1, _glob.Length) : at;
        return matches;
    }

    /// <summary>Whether a character is in a bracket; the place moves to its end.</summary>
    private bool IsInBracket(char c, ref int at)
    {
        at++;
        bool isNegated = at < _glob.Length && _glob[at] == '^';
        at += isNegated ? 1 : 0;
        bool isIn = false;
        for (; at < _glob.Length && _glob[at] != ']'; at++)
        {
            at += _glob[at] == '\\' && at + 1 < _glob.Length ? 1 : 0;
            (char first, char last) = (_glob[at], _glob[at]);
            if (at + 2 < _glob.Length && _glob[at + 1] == '-' && _glob[at + 2] != ']')
            {
                at += 2;
                last = _glob[at];
            }

            isIn |= (c >= first && c <= last) || (c >= last && c <= first);
        }

        return isIn != isNegated;
    }
}
