namespace KvTcp.Tests.Support;

/// <summary>The source tree that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folder that holds KvTcp.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file or folder of the tree.</summary>
    /// <param name="path">Its path from the root.</param>
    public static string PathOf(string path) => Path.Combine(Root, path);

    public static string ReadText(string path) => File.ReadAllText(PathOf(path));

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "KvTcp.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No KvTcp.sln above {AppContext.BaseDirectory}.");
    }
}
