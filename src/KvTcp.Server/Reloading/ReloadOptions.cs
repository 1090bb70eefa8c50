namespace KvTcp.Server;

/// <summary>When a server reloads, and what it refuses. Immutable.</summary>
public sealed record ReloadOptions
{
    /// <summary>How often files are looked at for changes; null, the default, for never.</summary>
    public TimeSpan? Watch { get; init; }

    /// <summary>How often sources are asked for something new, give or take a tenth; null, the default, for never.</summary>
    public TimeSpan? Refresh { get; init; }

    /// <summary>How much of its pairs a dataset may lose from one load to the next, from 0 to 1. Default: 0.5.</summary>
    public double MaxShrink { get; init; } = 0.5;

    /// <summary>
    /// Whether the old dataset may be given up before the new one is loaded where memory does not hold both; requests get
    /// <c>ERR LOADING</c> meanwhile. Default: no, such a reload is refused.
    /// </summary>
    public bool InPlace { get; init; }
}
