using System.Buffers;
using System.Globalization;
using System.Text;

namespace KvTcp.Fuzz;

/// <summary>What docs/protocol.md#keys says, as plainly as it can be written: .NET's parser behind a check of every character.</summary>
internal static class UuidOracle
{
    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    public static bool IsCanonical(ReadOnlySpan<byte> text)
    {
        if (text.Length != 36)
        {
            return false;
        }

        for (int i = 0; i < text.Length; i++)
        {
            bool good = i is 8 or 13 or 18 or 23 ? text[i] == '-' : HexDigits.Contains(text[i]);
            if (!good)
            {
                return false;
            }
        }

        return true;
    }

    public static Guid? Parse(ReadOnlySpan<byte> text) =>
        IsCanonical(text) ? Guid.ParseExact(Encoding.ASCII.GetString(text), "D") : null;

    /// <summary>Whether canonical text is of version 4 and of the variant of RFC 9562: xxxxxxxx-xxxx-4xxx-[89ab]xxx-xxxxxxxxxxxx.</summary>
    public static bool IsVersion4(string text) => text[14] == '4' && "89abAB".Contains(text[19], StringComparison.Ordinal);

    /// <summary>Canonical text whose digits are in upper case where <paramref name="upper"/> has a bit set.</summary>
    public static byte[] Format(Guid value, ulong upper = 0)
    {
        byte[] text = Encoding.ASCII.GetBytes(value.ToString("D", CultureInfo.InvariantCulture));
        for (int i = 0; i < text.Length; i++)
        {
            if ((upper >> i & 1) != 0)
            {
                text[i] = (byte)char.ToUpperInvariant((char)text[i]);
            }
        }

        return text;
    }
}
