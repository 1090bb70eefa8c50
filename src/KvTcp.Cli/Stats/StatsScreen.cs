using Spectre.Console;
using Spectre.Console.Rendering;

namespace KvTcp.Cli;

/// <summary>The screen of <c>kvtcp stats --watch</c>: boxes side by side on a terminal of the usual width, plain lines below one another on a narrow one.</summary>
internal static class StatsScreen
{
    /// <summary>From this width on there are boxes; two of them stand side by side.</summary>
    private const int LeastBoxedWidth = 72;

    /// <summary>On a wider terminal a figure would stand far from its name.</summary>
    private const int MostWidth = 120;

    /// <summary>What the border of a box and the space within it take.</summary>
    private const int Frame = 4;

    private const int NameWidth = 12;
    private const string Usual = "default";
    private const string Faint = "grey";
    private const string Bad = "red";

    /// <summary>Composes the screen.</summary>
    /// <param name="view">What to show.</param>
    /// <param name="width">The width of the terminal.</param>
    /// <param name="isUnicode">Whether the terminal shows more than ASCII.</param>
    public static IRenderable Compose(StatsView view, int width, bool isUnicode)
    {
        width = Math.Min(width, MostWidth);
        List<IRenderable> parts = [Head(view, width)];
        if (view.Figures is not StatsSample figures)
        {
            return new Rows(parts);
        }

        string chartTitle = $"requests a second, at most {StatsText.Rate(view.History.DefaultIfEmpty(0).Max())}";
        if (width < LeastBoxedWidth)
        {
            parts.Add(Lines(StatsRows.OfRequests(view.Rates), width));
            parts.Add(Chart(view, width, isUnicode));
            parts.Add(Lines([.. StatsRows.OfServer(figures), .. StatsRows.OfDataset(figures, view.At)], width));
            return new Rows(parts);
        }

        int left = width / 2;
        parts.Add(new Grid()
            .AddColumn(new GridColumn { Padding = new Padding(0), Width = left })
            .AddColumn(new GridColumn { Padding = new Padding(0), Width = width - left })
            .AddRow(
                Box("a second", Lines(StatsRows.OfRequests(view.Rates), left - Frame, isRightAligned: true), left),
                Box("server", Lines(StatsRows.OfServer(figures), width - left - Frame, isRightAligned: true), width - left)));
        parts.Add(Box(chartTitle, Chart(view, width - Frame, isUnicode), width));
        parts.Add(Box("dataset", Lines(StatsRows.OfDataset(figures, view.At), width - Frame), width));
        return new Rows(parts);

        Panel Box(string title, IRenderable content, int boxWidth) => new(content)
        {
            Header = new PanelHeader($"[bold]{Markup.Escape(title)}[/]"),
            Border = isUnicode ? BoxBorder.Rounded : BoxBorder.Ascii,
            BorderStyle = Style.Parse(Faint),
            Width = boxWidth,
        };
    }

    private static Paragraph Head(StatsView view, int width)
    {
        string version = view.Figures?.Text("version") is string known ? $"kvtcp {known}" : "kvtcp";
        string up = view.Figures is StatsSample figures ? $"  up {StatsText.Duration(TimeSpan.FromSeconds(figures.Number("uptime_seconds")))}" : "";
        Paragraph head = new Paragraph().Append(StatsText.Cut($"{version} at {view.Server}{up}", width), Style.Parse("bold")).Append("\n");
        return view.Lost is string reason
            ? head.Append(StatsText.Cut($"lost for {StatsText.Duration(view.LostFor)}, trying again: {reason}", width), Style.Parse($"{Bad} bold"))
            : head.Append("answering", Style.Parse("green")).Append(
                StatsText.Cut($", asked every {ValueParsers.Text(view.Interval)}; ^C ends this", width - "answering".Length), Style.Parse(Faint));
    }

    private static Paragraph Lines(IReadOnlyList<StatsRow> rows, int width, bool isRightAligned = false)
    {
        Paragraph lines = new();
        int valueWidth = Math.Max(0, width - NameWidth);
        for (int i = 0; i < rows.Count; i++)
        {
            StatsRow row = rows[i];
            string value = StatsText.Cut(row.Value, valueWidth);
            lines.Append(StatsText.Cut(row.Name, width).PadRight(Math.Min(NameWidth, width)), Style.Parse(Faint))
                .Append(isRightAligned ? value.PadLeft(valueWidth) : value, Style.Parse(row.IsBad ? Bad : Usual))
                .Append(i < rows.Count - 1 ? "\n" : "");
        }

        return lines;
    }

    private static Text Chart(StatsView view, int width, bool isUnicode) =>
        new(Sparkline.Of(view.History, width, isUnicode), Style.Parse("green"));
}
