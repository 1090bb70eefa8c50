namespace KvTcp.Tests.Cli;

/// <summary>Where things lie in the working copy that the tests were built from.</summary>
internal static class SolutionPaths
{
    /// <summary>The directory with KvTcp.sln.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>The program, built in the configuration of the tests.</summary>
    public static string Program { get; } =
        Path.Combine(Root, "artifacts", "bin", "KvTcp.Cli", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "kvtcp");

    /// <summary>A file of the working copy.</summary>
    /// <param name="path">Its path from the root.</param>
    public static string File(string path) => Path.Combine(Root, path);

    private static string FindRoot(string directory)
    {
        DirectoryInfo? current = new(directory);
        while (current is not null && !System.IO.File.Exists(Path.Combine(current.FullName, "KvTcp.sln")))
        {
            current = current.Parent;
        }

        return current?.FullName ?? throw new DirectoryNotFoundException($"No KvTcp.sln above {directory}.");
    }
}
