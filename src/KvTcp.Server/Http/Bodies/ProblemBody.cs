namespace KvTcp.Server.Http;

/// <summary>An error as RFC 9457 has it.</summary>
/// <param name="Title">The name of the status.</param>
/// <param name="Status">The status.</param>
/// <param name="Detail">What is wrong, and what to do.</param>
internal sealed record ProblemBody(string Title, int Status, string Detail)
{
    /// <summary>The places of the malformed keys of a batch, from 0.</summary>
    public IReadOnlyList<int>? MalformedKeys { get; init; }
}
