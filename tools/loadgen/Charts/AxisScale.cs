namespace KvTcp.LoadGen;

/// <summary>How an axis spreads its values.</summary>
internal enum AxisScale
{
    /// <summary>Evenly, from zero.</summary>
    Linear,

    /// <summary>Every power of ten as wide as the next.</summary>
    Logarithmic,

    /// <summary>Shares below 1 by the number of their nines: 0, 0.9, 0.99, 0.999.</summary>
    Nines,
}
