using System.Buffers;
using System.Globalization;
using System.Text;
using KvTcp.Protocol;
using KvTcp.Protocol.Resp;
using KvTcp.Store;

namespace KvTcp.Server.Resp;

// cursor = position + tag * (ScanEnd + 1)       below 2^53, which every client can keep as a number
// Dataset.Scan knows the position; the tag is as many bits of ScanOrder as there is room for.

/// <summary>Answers <c>SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]</c> and <c>RANDOMKEY</c>. Thread-safe.</summary>
internal static class RespScan
{
    /// <summary>How many keys are looked at when the client does not say: as in Redis.</summary>
    private const int DefaultCount = 10;

    /// <summary>The most keys looked at, whatever the client says, so that a reply stays within what a drain writes.</summary>
    private const int MaxCount = 512;

    /// <summary>The longest pattern in bytes: enough for any of a key's 36 characters to be a choice of several.</summary>
    private const int LongestPattern = 256;

    private const ulong CursorEnd = 1UL << 53;

    /// <summary>Writes some keys, and the cursor to go on with.</summary>
    /// <param name="arguments">The cursor and the options.</param>
    /// <param name="dataset">The dataset.</param>
    /// <param name="writer">Receives the reply.</param>
    /// <returns>The error to answer with instead; empty when the reply is written.</returns>
    public static ReadOnlySpan<byte> Write(List<byte[]> arguments, Dataset dataset, scoped ref RespWriter writer)
    {
        ReadOnlySpan<byte> error = ReadOptions(arguments, out int count, out GlobPattern? pattern, out bool isString);
        if (!error.IsEmpty)
        {
            return error;
        }

        if (!ulong.TryParse(arguments[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong cursor) || cursor >= CursorEnd)
        {
            return RespErrorText.InvalidCursor;
        }

        ulong radix = (ulong)dataset.ScanEnd + 1;
        ulong tag = dataset.ScanOrder % (CursorEnd / radix);
        if (cursor != 0 && cursor / radix != tag)
        {
            return RespErrorText.StaleCursor;
        }

        Pair[] pairs = ArrayPool<Pair>.Shared.Rent(count);
        long position = (long)(cursor % radix);
        int found = dataset.Scan(ref position, pairs.AsSpan(0, count));
        Guid[] keys = [.. pairs.Take(found).Select(static pair => pair.Key).Where(key => isString && pattern?.IsMatch(key.ToString()) != false)];
        ArrayPool<Pair>.Shared.Return(pairs);

        ulong next = found < count ? 0 : (tag * radix) + (ulong)position;
        writer.WriteArray(2);
        writer.WriteValue(Encoding.ASCII.GetBytes(next.ToString(CultureInfo.InvariantCulture)));
        writer.WriteArray(keys.Length);
        foreach (Guid key in keys)
        {
            WriteKey(key, ref writer);
        }

        return default;
    }

    private static ReadOnlySpan<byte> ReadOptions(List<byte[]> arguments, out int count, out GlobPattern? pattern, out bool isString)
    {
        (count, pattern, isString) = (DefaultCount, null, true);
        for (int i = 1; i < arguments.Count; i += 2)
        {
            if (i + 1 == arguments.Count)
            {
                return RespErrorText.Syntax;
            }

            byte[] value = arguments[i + 1];
            if (Ascii.EqualsIgnoreCase(arguments[i], "COUNT"u8))
            {
                if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long wanted))
                {
                    return RespErrorText.NotAnInteger;
                }

                if (wanted < 1)
                {
                    return RespErrorText.Syntax;
                }

                count = (int)Math.Min(wanted, MaxCount);
            }
            else if (Ascii.EqualsIgnoreCase(arguments[i], "MATCH"u8))
            {
                if (value.Length > LongestPattern)
                {
                    return RespErrorText.TooLong;
                }

                pattern = new GlobPattern(Encoding.UTF8.GetString(value));
            }
            else if (Ascii.EqualsIgnoreCase(arguments[i], "TYPE"u8))
            {
                isString = Ascii.EqualsIgnoreCase(value, "string"u8);
            }
            else
            {
                return RespErrorText.Syntax;
            }
        }

        return default;
    }

    /// <summary>Writes a key.</summary>
    public static void WriteKey(Guid key, ref RespWriter writer)
    {
        Span<byte> text = stackalloc byte[UuidText.Length];
        UuidText.Format(key, text);
        writer.WriteValue(text);
    }
}
