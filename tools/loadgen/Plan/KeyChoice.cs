namespace KvTcp.LoadGen;

/// <summary>Which keys are asked for. Immutable.</summary>
/// <param name="MissShare">The share of keys that the data does not hold, 0 to 1.</param>
/// <param name="ZipfExponent">
/// Null for a uniform choice among the keys of the data; otherwise the exponent of Zipf's law, above 0, by which a key of rank r is
/// chosen in proportion to 1/r^exponent. The ranks are a random permutation, so that popular keys do not stand side by side.
/// </param>
internal sealed record KeyChoice(double MissShare = 0, double? ZipfExponent = null);
