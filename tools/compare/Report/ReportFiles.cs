using System.Text.Json;
using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>Where figures go: a folder laid out as the source tree, which is what it is by default.</summary>
internal sealed class ReportFiles
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    private readonly string _root;
    private readonly string _section;

    /// <summary>Looks whether the figures can be written, before they are measured.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="section">The section of docs/performance.md.</param>
    /// <exception cref="CommandException">The page or its section is missing.</exception>
    public ReportFiles(string root, string section)
    {
        _root = root;
        _section = section;
        MarkedPage.Check(Page, section);
    }

    private string Page => Path.Combine(_root, "docs", "performance.md");

    /// <summary>Writes the section, the charts beside it, and all figures as artifacts/SECTION.json.</summary>
    public void Write(string section, IEnumerable<(string Name, string Svg)> charts, object figures)
    {
        foreach ((string name, string svg) in charts)
        {
            WriteFile(Path.Combine("docs", "charts", name), svg + "\n");
        }

        WriteFile(Path.Combine("artifacts", _section + ".json"), JsonSerializer.Serialize(figures, Json) + "\n");
        MarkedPage.Replace(Page, _section, section);
    }

    private void WriteFile(string path, string content)
    {
        path = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
