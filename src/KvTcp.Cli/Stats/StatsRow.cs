namespace KvTcp.Cli;

/// <summary>A line of the screen. Immutable.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">The figure, as text.</param>
/// <param name="IsBad">Whether it asks for somebody's attention.</param>
internal sealed record StatsRow(string Name, string Value, bool IsBad = false);
