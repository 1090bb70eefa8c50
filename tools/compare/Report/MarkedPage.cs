using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>
/// A Markdown page with sections that programs write, each between two comments on lines of their own:
/// <c>&lt;!-- begin NAME --&gt;</c> and <c>&lt;!-- end NAME --&gt;</c>.
/// </summary>
internal static class MarkedPage
{
    /// <summary>Makes sure that a page has a section.</summary>
    /// <exception cref="CommandException">The page or one of the comments is missing, or stands there twice.</exception>
    public static void Check(string path, string name) => _ = Find(Read(path), path, name);

    /// <summary>Replaces what stands in a section, and writes the page.</summary>
    /// <param name="path">The page.</param>
    /// <param name="name">The section's name.</param>
    /// <param name="content">The new content, which ends in LF.</param>
    /// <exception cref="CommandException">As <see cref="Check"/>.</exception>
    public static void Replace(string path, string name, string content)
    {
        string page = Read(path);
        (int start, int end) = Find(page, path, name);
        using OutputFile file = OutputFile.Create(path);
        using (StreamWriter writer = new(file.Stream, leaveOpen: true))
        {
            writer.Write($"{page.AsSpan(0, start)}\n{content}\n{page.AsSpan(end)}");
        }

        file.Complete();
    }

    private static string Read(string path) => File.Exists(path)
        ? File.ReadAllText(path)
        : throw new CommandException(ExitCode.NoInput, $"{path} is missing; --output names a folder with docs/performance.md");

    /// <summary>Where the content stands: after the LF of the first comment, up to the second.</summary>
    private static (int Start, int End) Find(string page, string path, string name)
    {
        string begin = $"<!-- begin {name} -->\n";
        string end = $"<!-- end {name} -->\n";
        int start = Only(page, path, begin) + begin.Length;
        int stop = Only(page, path, end);
        return stop >= start ? (start, stop) : throw new CommandException(ExitCode.BadData, $"{path}: '{end.TrimEnd()}' stands before its beginning");
    }

    private static int Only(string page, string path, string comment)
    {
        int first = page.IndexOf(comment, StringComparison.Ordinal);
        return first >= 0 && first == page.LastIndexOf(comment, StringComparison.Ordinal)
            ? first
            : throw new CommandException(
                ExitCode.BadData, $"{path}: '{comment.TrimEnd()}' {(first < 0 ? "is missing" : "stands there twice")}; the tables go between that and its counterpart");
    }
}
