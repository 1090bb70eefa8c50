namespace KvTcp.Tests.Cli;

/// <summary>Reads output of <c>name value</c> lines.</summary>
internal static class SnapshotLines
{
    /// <summary>The values by name.</summary>
    public static Dictionary<string, string> Of(string output) => output
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(static line => line.Split(' ', 2, StringSplitOptions.TrimEntries))
        .ToDictionary(static parts => parts[0], static parts => parts[1], StringComparer.Ordinal);
}
