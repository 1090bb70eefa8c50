using System.Text;

namespace KvTcp.LoadGen;

/// <summary>Received bytes and values for messages: short, and without line breaks and terminal escapes. Stateless.</summary>
internal static class ReplyText
{
    private const int MaxLength = 100;

    /// <summary>The bytes as text without quotes.</summary>
    /// <param name="bytes">UTF-8, or anything.</param>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MaxLength)]);
        string clean = string.Concat(text.Select(static c => char.IsControl(c) ? '?' : c));
        return bytes.Length > MaxLength ? $"{clean}... ({bytes.Length} bytes)" : clean;
    }

    /// <summary>The bytes as text in quotes.</summary>
    /// <param name="bytes">UTF-8, or anything.</param>
    public static string Quoted(ReadOnlySpan<byte> bytes) => $"'{Of(bytes)}'";
}
