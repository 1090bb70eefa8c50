using System.Buffers;
using System.Globalization;
using System.Text;

namespace KvTcp.Client;

/// <summary>Shows bytes of a server in a message, whatever they are.</summary>
internal static class ReceivedBytes
{
    /// <summary>The most bytes shown.</summary>
    private const int MaxShown = 64;

    /// <summary>The first line of some bytes, or the first 64 of them, escaped; <c>...</c> follows when there are more.</summary>
    public static string Show(in ReadOnlySequence<byte> received)
    {
        byte[] start = received.Slice(0, Math.Min(received.Length, MaxShown)).ToArray();
        int end = Array.IndexOf(start, (byte)'\n');
        StringBuilder text = new();
        foreach (byte value in end < 0 ? start : start[..end])
        {
            if (value is >= (byte)' ' and < 0x7F and not (byte)'\\')
            {
                text.Append((char)value);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{value:X2}");
            }
        }

        return end < 0 && received.Length > MaxShown ? text.Append("...").ToString() : text.ToString();
    }
}
