using System.Text;
using KvTcp.Cli;

namespace KvTcp.LoadGen;

/// <summary>The files that reports go to. They are begun before the runs and appear when they are complete.</summary>
internal sealed class ReportFiles : IDisposable
{
    private readonly OutputFile? _json;
    private readonly OutputFile? _html;

    private ReportFiles(OutputFile? json, OutputFile? html) => (_json, _html) = (json, html);

    /// <summary>Begins them.</summary>
    /// <param name="json">The file for programs; <c>-</c> is standard output, null none.</param>
    /// <param name="html">The page; null for none.</param>
    /// <exception cref="CommandException">One cannot be created.</exception>
    public static ReportFiles Create(string? json, string? html)
    {
        OutputFile? first = json is null ? null : OutputFile.Create(json);
        try
        {
            return new ReportFiles(first, html is null ? null : OutputFile.Create(html));
        }
        catch
        {
            first?.Dispose();
            throw;
        }
    }

    /// <summary>Writes them.</summary>
    /// <param name="report">The report.</param>
    public void Write(LoadReport report)
    {
        if (_json is not null)
        {
            _json.Stream.Write(JsonReport.Write(report));
            _json.Complete();
        }

        if (_html is not null)
        {
            _html.Stream.Write(Encoding.UTF8.GetBytes(HtmlReport.Write(report)));
            _html.Complete();
        }
    }

    /// <summary>Removes those that have not been written.</summary>
    public void Dispose()
    {
        _json?.Dispose();
        _html?.Dispose();
    }
}
