using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using KvTcp.Protocol;

namespace KvTcp.LoadGen;

/// <summary>Finds lines of a data file with the same key. Stateless.</summary>
internal static class LastLines
{
    /// <summary>Replaces the offset of every line by that of the last line with its key.</summary>
    /// <param name="file">The file.</param>
    /// <param name="lines">The offsets of its lines.</param>
    public static void Apply(KeyFile file, long[] lines)
    {
        // Open addressing; at most half full up to 2^29 lines, from where on the table no longer grows. An entry is the index of a line and 1, or 0 when it is free.
        int[] table = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Min(2L * lines.Length, 1 << 30))];
        for (int i = lines.Length - 1; i >= 0; i--)
        {
            Guid key = KeyOf(file, i);
            int slot = (int)Hash(key) & (table.Length - 1);
            while (table[slot] != 0 && KeyOf(file, table[slot] - 1) != key)
            {
                slot = (slot + 1) & (table.Length - 1);
            }

            if (table[slot] == 0)
            {
                table[slot] = i + 1;
            }
            else
            {
                lines[i] = lines[table[slot] - 1];
            }
        }
    }

    private static ulong Hash(Guid key)
    {
        ReadOnlySpan<ulong> halves = MemoryMarshal.Cast<Guid, ulong>(new ReadOnlySpan<Guid>(in key));
        return RandomNumbers.Mix(halves[0] + RandomNumbers.Mix(halves[1]));
    }

    private static Guid KeyOf(KeyFile file, int index)
    {
        bool isKey = UuidText.TryParse(file.Key(index), out Guid key);
        Debug.Assert(isKey, "the file was checked when it was opened");
        return key;
    }
}
