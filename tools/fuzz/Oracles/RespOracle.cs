using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using KvTcp.Protocol.Resp;

namespace KvTcp.Fuzz;

/// <summary>Reads RESP with strings and regular expressions, in the words of its tests: each step a word, or a status that ends the reading.</summary>
internal static partial class RespOracle
{
    // A sign, 19 digits, CR, LF: no header is longer behind its type.
    private const int LongestNumber = 22;
    private const int Patience = 10_000;

    /// <summary>The headers and arguments of the requests in a stream, and why the reading ends.</summary>
    public static List<string> ReadRequests(ReadOnlySpan<byte> bytes)
    {
        string stream = Encoding.Latin1.GetString(bytes);
        List<string> steps = [];
        int at = 0;
        while (true)
        {
            if (Header(stream, ref at, '*', RespRequestParser.MaxArguments, RespReadStatus.ExpectedArray, RespReadStatus.InvalidCount, steps) is not long count)
            {
                return steps;
            }

            for (; count > 0; count--)
            {
                if (Header(stream, ref at, '$', RespRequestParser.MaxArgumentLength, RespReadStatus.ExpectedBulk, RespReadStatus.InvalidLength, steps) is not long length)
                {
                    return steps;
                }

                if (length < 0 || stream.Length - at < length + 2)
                {
                    steps[^1] = length < 0 ? nameof(RespReadStatus.InvalidLength) : steps[^1];
                    steps.AddRange(length < 0 ? [] : [nameof(RespReadStatus.Incomplete)]);
                    return steps;
                }

                if (!string.Equals(stream.Substring(at + (int)length, 2), "\r\n", StringComparison.Ordinal))
                {
                    steps.Add(nameof(RespReadStatus.Unterminated));
                    return steps;
                }

                steps.Add($"argument {stream.Substring(at, (int)length)}");
                at += (int)length + 2;
            }
        }
    }

    /// <summary>The keys of the plain GETs that a stream begins with.</summary>
    public static List<Guid> ReadPlainGets(ReadOnlySpan<byte> bytes, bool version4)
    {
        List<Guid> keys = [];
        string stream = Encoding.Latin1.GetString(bytes);
        for (Match match = PlainGet().Match(stream); match.Success && (!version4 || UuidOracle.IsVersion4(match.Groups["key"].Value)); match = match.NextMatch())
        {
            keys.Add(Guid.ParseExact(match.Groups["key"].Value, "D"));
        }

        return keys;
    }

    /// <summary>The reply at the start of a stream: its kind, its length, its number, its text.</summary>
    public static (RespReplyKind Kind, int Length, long Number, string Text) ReadReply(ReadOnlySpan<byte> bytes, int maxBulkLength)
    {
        string stream = Encoding.Latin1.GetString(bytes);
        int end = stream.IndexOf('\r', StringComparison.Ordinal);
        if (end < 0 || end + 1 == stream.Length)
        {
            return (RespReplyKind.Incomplete, 0, 0, "");
        }

        string line = stream[..end];
        if (line.Length == 0 || stream[end + 1] != '\n')
        {
            return (RespReplyKind.Invalid, 0, 0, line);
        }

        long? number = Number().IsMatch(line[1..]) && BigInteger.Parse(line[1..], CultureInfo.InvariantCulture) is var big
            && big >= long.MinValue && big <= long.MaxValue ? (long)big : null;
        int length = line.Length + 2;
        switch (line[0], number)
        {
            case ('+', _):
                return (RespReplyKind.Simple, length, 0, line[1..]);
            case ('-', _):
                return (RespReplyKind.Error, length, 0, line[1..]);
            case (':', long value):
                return (RespReplyKind.Number, length, value, "");
            case ('*', >= 0 and <= int.MaxValue):
                return (RespReplyKind.Array, length, number.Value, "");
            case ('$' or '*', _) when line is [_, '-', '1']:
                return (RespReplyKind.Null, length, 0, "");
            case ('$', long bulk) when bulk >= 0 && bulk <= maxBulkLength:
                if (stream.Length - length < bulk + 2)
                {
                    return (RespReplyKind.Incomplete, 0, length + bulk + 2, "");
                }

                return string.Equals(stream.Substring(length + (int)bulk, 2), "\r\n", StringComparison.Ordinal)
                    ? (RespReplyKind.Bulk, length + (int)bulk + 2, 0, stream.Substring(length, (int)bulk))
                    : (RespReplyKind.Invalid, 0, 0, line);
            default:
                return (RespReplyKind.Invalid, 0, 0, line);
        }
    }

    private static long? Header(
        string stream, ref int at, char type, int max, RespReadStatus otherType, RespReadStatus invalid, List<string> steps)
    {
        if (at == stream.Length || stream[at] != type)
        {
            steps.Add(at == stream.Length ? nameof(RespReadStatus.Incomplete) : otherType.ToString());
            return null;
        }

        string text = stream.Substring(at + 1, Math.Min(LongestNumber, stream.Length - at - 1));
        int end = text.IndexOf('\r', StringComparison.Ordinal);
        if ((end < 0 || end + 1 == text.Length) && text.Length < LongestNumber)
        {
            steps.Add(nameof(RespReadStatus.Incomplete));
            return null;
        }

        if (!CanonicalNumber().IsMatch(text) || !long.TryParse(text[..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) || number > max)
        {
            steps.Add(invalid.ToString());
            return null;
        }

        number = Math.Max(-1, number);
        steps.Add($"{type}{number}");
        at += 1 + end + 2;
        return number;
    }

    [GeneratedRegex(@"\A(0|-?[1-9][0-9]*)\r\n", RegexOptions.ExplicitCapture, Patience)]
    private static partial Regex CanonicalNumber();

    [GeneratedRegex(@"\A-?[0-9]+\z", RegexOptions.None, Patience)]
    private static partial Regex Number();

    [GeneratedRegex(
        @"\G\*2\r\n\$3\r\n[Gg][Ee][Tt]\r\n\$36\r\n(?<key>[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})\r\n",
        RegexOptions.None, Patience)]
    private static partial Regex PlainGet();
}
