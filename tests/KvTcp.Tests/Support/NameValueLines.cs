namespace KvTcp.Tests.Support;

/// <summary>Reads output of <c>name value</c> lines.</summary>
internal static class NameValueLines
{
    /// <summary>The values by name, up to the first line that is none: one that names a file.</summary>
    public static Dictionary<string, string> Of(string output) => output
        .Split('\n')
        .Select(static line => line.Split(' ', 2, StringSplitOptions.TrimEntries))
        .TakeWhile(static parts => parts is [var name, _] && !name.Contains('/', StringComparison.Ordinal))
        .ToDictionary(static parts => parts[0], static parts => parts[1], StringComparer.Ordinal);
}
