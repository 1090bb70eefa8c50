using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace KvTcp.Fuzz;

/// <summary>Writes the parts of inputs: text, keys in any case and almost keys, and damage to what is already there.</summary>
internal static class InputText
{
    private const int MostMutations = 3;

    // Bytes that mean something to one of the readers, and their neighbours.
    private static ReadOnlySpan<byte> Telling => "\n\r \0\t-+09afAFgG@`/:*$\x7F\x80\xC3\xFF"u8;

    /// <summary>Adds text, of which each character is a byte.</summary>
    public static void AddText(this List<byte> input, string text)
    {
        foreach (char character in text)
        {
            input.Add((byte)character);
        }
    }

    /// <summary>Adds a key: mostly canonical, in lower, upper or mixed case, at times one of <paramref name="known"/>, at times damaged.</summary>
    public static void AddKey(this List<byte> input, InputRandom random, ReadOnlySpan<Guid> known = default)
    {
        int start = input.Count;
        Guid key = known.IsEmpty || random.OneIn(3) ? random.Uuid() : random.Pick(known);
        input.AddText(key.ToString("D", CultureInfo.InvariantCulture));
        ulong upper = random.Below(3) switch { 0 => 0, 1 => ulong.MaxValue, _ => random.Next() };
        Span<byte> text = CollectionsMarshal.AsSpan(input)[start..];
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = (upper >> i & 1) == 0 ? text[i] : (byte)char.ToUpperInvariant((char)text[i]);
        }

        if (random.OneIn(8))
        {
            Mutate(input, random, start);
        }
    }

    /// <summary>Adds random bytes.</summary>
    public static void AddRandom(this List<byte> input, InputRandom random, int count)
    {
        for (int i = 0; i < count; i++)
        {
            input.Add((byte)random.Next());
        }
    }

    /// <summary>Damages an input in one to three places behind <paramref name="start"/>.</summary>
    public static void Mutate(List<byte> input, InputRandom random, int start = 0)
    {
        for (int times = 1 + random.Below(MostMutations); times > 0 && input.Count > start; times--)
        {
            int place = start + random.Below(input.Count - start);
            int length = Math.Min(1 + random.Below(random.OneIn(4) ? 40 : 2), input.Count - place);
            switch (random.Below(7))
            {
                case 0:
                    input[place] ^= (byte)(1 << random.Below(8));
                    break;
                case 1:
                    input[place] = (byte)random.Next();
                    break;
                case 2:
                    input[place] = random.Pick(Telling);
                    break;
                case 3:
                    input.Insert(place, random.Pick(Telling));
                    break;
                case 4:
                    input.RemoveRange(place, length);
                    break;
                case 5:
                    input.InsertRange(place, input.GetRange(place, length));
                    break;
                default:
                    input.RemoveRange(input.Count - Math.Min(length, input.Count - start), Math.Min(length, input.Count - start));
                    break;
            }
        }
    }

    /// <summary>An input as text that shows every byte.</summary>
    public static string Show(ReadOnlySpan<byte> input)
    {
        StringBuilder text = new();
        foreach (byte value in input)
        {
            text.Append(value switch
            {
                (byte)'\n' => "\\n",
                (byte)'\r' => "\\r",
                (byte)'\\' => "\\\\",
                >= 0x20 and < 0x7F => ((char)value).ToString(),
                _ => $"\\x{value:X2}",
            });
        }

        return text.ToString();
    }
}
