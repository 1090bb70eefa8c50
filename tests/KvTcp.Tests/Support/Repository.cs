namespace KvTcp.Tests.Support;

/// <summary>The source tree that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folder that holds KvTcp.sln.</summary>
    public static string Root { get; } = FindRoot();

    public static string ReadText(string path) => File.ReadAllText(Path.Combine(Root, path));

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
