using KvTcp.Protocol;

namespace KvTcp.Store;

/// <summary>What a pair must be like to stand in a data file: for pairs that come from elsewhere. Stateless.</summary>
public static class PairRules
{
    /// <summary>Looks for what is wrong with a pair.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="options">Which keys and values are allowed.</param>
    /// <returns>What is wrong, in a few words; null if nothing is.</returns>
    public static string? FindFault(Guid key, ReadOnlySpan<byte> value, DataFileOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        BadLineReason? reason = options.UuidVersion is 4 && !UuidText.IsVersion4(key)
            ? BadLineReason.NotVersion4
            : DataLine.CheckValue(value, options.MaxValueLength);
        return reason is null ? null : DataLine.Describe(reason.Value, options.MaxValueLength);
    }
}
