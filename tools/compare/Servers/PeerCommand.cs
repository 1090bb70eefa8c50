namespace KvTcp.Compare;

/// <summary>A command line that starts a server. Immutable.</summary>
/// <param name="Program">The program.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record PeerCommand(string Program, params string[] Arguments)
{
    /// <summary>Variables to set.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
