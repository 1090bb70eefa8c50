namespace KvTcp.Tests.Support;

/// <summary>The cores that a process or a thread may run on. A quota of processor time does not change them, though .NET counts fewer then.</summary>
internal static class AllowedCores
{
    private const string Name = "Cpus_allowed_list:";

    /// <summary>Reads them.</summary>
    /// <param name="status">A file such as /proc/self/status.</param>
    public static int[] Read(string status)
    {
        string list = File.ReadLines(status).Single(static line => line.StartsWith(Name, StringComparison.Ordinal))[Name.Length..];
        return [.. list.Split(',').SelectMany(Range)];
    }

    /// <summary>A part of the list: one core, or the first and the last of several.</summary>
    private static IEnumerable<int> Range(string part)
    {
        int[] ends = [.. part.Split('-').Select(int.Parse)];
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    }
}
