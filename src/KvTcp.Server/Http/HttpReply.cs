namespace KvTcp.Server.Http;

/// <summary>A reply that a route may give.</summary>
/// <param name="Status">The status.</param>
/// <param name="Type">The type of its body; null for one that is no JSON.</param>
/// <param name="Meaning">When it is given.</param>
/// <param name="Example">Its body.</param>
internal sealed record HttpReply(int Status, Type? Type, string Meaning, string? Example = null)
{
    /// <summary>The type of its content, which follows from the body.</summary>
    public string ContentType { get; init; } = Type == typeof(ProblemBody) ? SmallReply.ProblemJson : SmallReply.Json;
}
