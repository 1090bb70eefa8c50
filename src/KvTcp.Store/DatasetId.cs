namespace KvTcp.Store;

/// <summary>
/// Identifies what a dataset holds: equal for equal pairs, whatever their order, their duplicates or the file format they
/// came from.
/// </summary>
/// <remarks>
/// It is a 64-bit hash, made to show that two servers serve the same data. It does not protect against someone who crafts
/// another dataset with the same id.
/// </remarks>
/// <param name="Value">The hash.</param>
public readonly record struct DatasetId(ulong Value)
{
    /// <summary>The id as 16 lower-case hexadecimal digits.</summary>
    /// <returns>The text that the protocol, the metrics and the logs show.</returns>
    public override string ToString() => Value.ToString("x16");
}
