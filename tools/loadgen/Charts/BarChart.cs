namespace KvTcp.LoadGen;

/// <summary>A chart of groups of horizontal bars, one colour for each name across the groups. Immutable.</summary>
internal sealed record BarChart
{
    /// <summary>What it shows, above it.</summary>
    public required string Title { get; init; }

    /// <summary>The axis of the values: what, and in which unit.</summary>
    public required string ValueLabel { get; init; }

    /// <summary>The groups, each with its bars.</summary>
    public required IReadOnlyList<(string Group, IReadOnlyList<(string Name, double Value)> Bars)> Groups { get; init; }

    /// <summary>Draws it, each bar with its value at its end.</summary>
    /// <returns>An SVG element that stands alone or in a page, readable on a light and on a dark background.</returns>
    public string ToSvg() => throw new NotSupportedException();
}
