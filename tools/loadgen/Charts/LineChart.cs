namespace KvTcp.LoadGen;

/// <summary>A chart of lines over two axes. Immutable.</summary>
internal sealed record LineChart
{
    /// <summary>What it shows, above it.</summary>
    public required string Title { get; init; }

    /// <summary>The horizontal axis: what, and in which unit.</summary>
    public required string XLabel { get; init; }

    /// <summary>The vertical axis: what, and in which unit.</summary>
    public required string YLabel { get; init; }

    /// <summary>The scale of the horizontal axis.</summary>
    public AxisScale XScale { get; init; }

    /// <summary>The scale of the vertical axis.</summary>
    public AxisScale YScale { get; init; }

    /// <summary>The lines.</summary>
    public required IReadOnlyList<ChartSeries> Series { get; init; }

    /// <summary>Draws it.</summary>
    /// <returns>An SVG element that stands alone or in a page, readable on a light and on a dark background.</returns>
    public string ToSvg() => throw new NotSupportedException();
}
