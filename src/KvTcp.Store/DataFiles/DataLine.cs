using System.Text.Unicode;
using KvTcp.Protocol;

namespace KvTcp.Store;

// line = key SP value                        without the CR and LF that end it; docs/data-file.md

/// <summary>What makes a line a pair. Stateless.</summary>
internal static class DataLine
{
    /// <summary>Where the value begins.</summary>
    public const int KeyAndSpace = UuidText.Length + 1;

    /// <summary>What is wrong with a line; null if it is a pair.</summary>
    /// <param name="line">The line.</param>
    /// <param name="maxValueLength">The longest value that is allowed.</param>
    /// <param name="version4">Whether the key has to be of version 4.</param>
    /// <param name="key">The key, if there is one.</param>
    public static BadLineReason? Check(ReadOnlySpan<byte> line, int maxValueLength, bool version4, out Guid key)
    {
        if (line.Length < UuidText.Length || !UuidText.TryParse(line[..UuidText.Length], out key))
        {
            key = default;
            return BadLineReason.BadKey;
        }

        if (line.Length == UuidText.Length || line[UuidText.Length] != ' ')
        {
            return BadLineReason.NoSpace;
        }

        return version4 && !UuidText.IsVersion4(key) ? BadLineReason.NotVersion4 : CheckValue(line[KeyAndSpace..], maxValueLength);
    }

    /// <summary>What is wrong with a value; null if it may stand in a line.</summary>
    /// <param name="value">The value.</param>
    /// <param name="maxValueLength">The longest that is allowed.</param>
    public static BadLineReason? CheckValue(ReadOnlySpan<byte> value, int maxValueLength)
    {
        if (value.Length > maxValueLength)
        {
            return BadLineReason.ValueTooLong;
        }

        int special = value.IndexOfAny((byte)0, (byte)'\r', (byte)'\n');
        if (special >= 0)
        {
            return value.Contains((byte)0) ? BadLineReason.Nul : value.Contains((byte)'\r') ? BadLineReason.CarriageReturn : BadLineReason.LineFeed;
        }

        return Utf8.IsValid(value) ? null : BadLineReason.InvalidUtf8;
    }

    /// <summary>A reason in words.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="maxValueLength">The limit that one of them names.</param>
    public static string Describe(BadLineReason reason, int maxValueLength) => reason switch
    {
        BadLineReason.BadKey => "the line does not start with a UUID (8-4-4-4-12 hexadecimal digits)",
        BadLineReason.NoSpace => "no space after the key",
        BadLineReason.NotVersion4 => "the key is no version 4 UUID",
        BadLineReason.ValueTooLong => $"the value is longer than {maxValueLength} bytes",
        BadLineReason.Nul => "NUL inside the value",
        BadLineReason.CarriageReturn => "CR inside the value",
        BadLineReason.LineFeed => "LF inside the value",
        BadLineReason.InvalidUtf8 => "the value is not valid UTF-8",
        _ => throw new ArgumentOutOfRangeException(nameof(reason)),
    };
}
