using System.Text;

namespace KvTcp.Compare;

/// <summary>A table of a Markdown page.</summary>
internal sealed class MarkdownTable
{
    private readonly StringBuilder _text = new();
    private readonly int _columns;

    /// <summary>Begins a table.</summary>
    /// <param name="headings">A heading for each column.</param>
    public MarkdownTable(params IEnumerable<string> headings)
    {
        string[] cells = [.. headings];
        _columns = cells.Length;
        Add(cells);
        _text.Append('|').Insert(_text.Length, "---|", _columns).Append('\n');
    }

    /// <summary>Adds a row.</summary>
    /// <param name="cells">A cell for each column; a bar in one does not end it.</param>
    public void Add(params IEnumerable<string> cells)
    {
        string[] row = [.. cells.Select(static cell => cell.Replace("|", "\\|", StringComparison.Ordinal))];
        if (row.Length != _columns)
        {
            throw new ArgumentException($"The row has {row.Length} cells, the table {_columns} columns.", nameof(cells));
        }

        _text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
    }

    public override string ToString() => _text.ToString();
}
