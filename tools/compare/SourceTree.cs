using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>The source tree that this program was built from.</summary>
internal static class SourceTree
{
    /// <summary>The folder of KvTcp.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file or folder of the tree.</summary>
    /// <param name="path">Its path from the root.</param>
    public static string PathOf(string path) => Path.Combine(Root, path);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "KvTcp.sln")))
            {
                return folder.FullName;
            }
        }

        throw new CommandException(ExitCode.NoInput, $"no source tree around {AppContext.BaseDirectory}; run it by `./run.sh compare`");
    }
}
