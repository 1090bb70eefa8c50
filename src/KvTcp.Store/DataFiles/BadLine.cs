namespace KvTcp.Store;

/// <summary>A line that is no pair.</summary>
/// <param name="Source">The name of its source.</param>
/// <param name="Line">Its number; the first line of a source is 1.</param>
/// <param name="Reason">What is wrong, in a few words.</param>
public sealed record BadLine(string Source, long Line, string Reason)
{
    /// <summary>The form that compilers use: <c>source:line: reason</c>.</summary>
    /// <returns>One line of text.</returns>
    public override string ToString() => $"{Source}:{Line}: {Reason}";
}
