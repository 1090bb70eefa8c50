using System.Text;

namespace KvTcp.LoadGen;

/// <summary>The look of the charts: colours for a light and a dark background, fonts, line widths.</summary>
internal static class ChartStyle
{
    public const double TitleSize = 16;
    public const double TextSize = 12;

    // Okabe and Ito's palette, which colour-blind people can tell apart, with its darkest and brightest adapted to each background.
    private static readonly (string Light, string Dark)[] Palette =
    [
        ("#0072b2", "#4aa8e8"),
        ("#d55e00", "#f58239"),
        ("#009e73", "#2ec79b"),
        ("#b8518a", "#e697c4"),
        ("#c98a00", "#f0b93f"),
        ("#4aa9dd", "#a5dcfa"),
        ("#6b6b6b", "#b9b9b9"),
        ("#8f8500", "#e6db55"),
    ];

    /// <summary>The style sheet. Every rule is for the class <c>chart</c>, so that it leaves a page around it alone.</summary>
    public static string Css { get; } = Sheet();

    /// <summary>The class of the colour of a series; colours come round again after eight.</summary>
    /// <param name="index">The number of the series, from 0.</param>
    public static string ColourClass(int index) => $"c{index % Palette.Length}";

    /// <summary>The dashes of a line: none for the first eight series, so that none looks like another.</summary>
    /// <param name="index">The number of the series, from 0.</param>
    public static string? Dashes(int index) => (index / Palette.Length) switch
    {
        0 => null,
        1 => "6 4",
        _ => "2 3",
    };

    private static string Sheet()
    {
        StringBuilder css = new();
        css.Append(
            """
            .chart text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
            .chart text.title{font-size:16px;font-weight:600}
            .chart text.group{font-weight:600}
            .chart .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
            .chart .grid,.chart .axis{stroke-width:1;shape-rendering:crispEdges}

            """);
        Append(css, "#ffffff", "#1f2328", "#59636e", "#e6e9ed", "#9aa2ab", static colour => colour.Light);
        css.Append("@media (prefers-color-scheme:dark){\n");
        Append(css, "#15191f", "#e6edf3", "#9aa4af", "#2b323a", "#5c6670", static colour => colour.Dark);
        css.Append("}\n");
        return css.ToString();
    }

    private static void Append(
        StringBuilder css, string back, string text, string quiet, string grid, string axis, Func<(string Light, string Dark), string> choose)
    {
        css.Append($".chart .back{{fill:{back}}}.chart text{{fill:{text}}}.chart text.quiet{{fill:{quiet}}}\n");
        css.Append($".chart .grid{{stroke:{grid}}}.chart .axis{{stroke:{axis}}}\n");
        for (int index = 0; index < Palette.Length; index++)
        {
            string colour = choose(Palette[index]);
            css.Append($".chart .c{index}{{fill:{colour}}}.chart .line.c{index}{{fill:none;stroke:{colour}}}\n");
        }
    }
}
