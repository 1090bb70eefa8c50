namespace KvTcp.LoadGen;

/// <summary>
/// Ranks by Zipf's law: rank r of 1 to n in proportion to 1/r^s. Rejection-inversion after Hörmann and Derflinger (1996): a
/// continuous hat over the steps of the law is inverted in closed form, so a rank takes the same time for any n, and no table.
/// Immutable.
/// </summary>
internal sealed class ZipfRanks
{
    private readonly double _exponent;
    private readonly double _count;
    private readonly double _areaBeforeFirst;
    private readonly double _areaToLast;
    private readonly double _acceptAtOnce;

    /// <summary>Prepares the law.</summary>
    /// <param name="count">n, at least 1.</param>
    /// <param name="exponent">s, above 0.</param>
    public ZipfRanks(int count, double exponent)
    {
        _exponent = exponent;
        _count = count;
        _areaBeforeFirst = Area(1.5) - 1;
        _areaToLast = Area(count + 0.5);
        _acceptAtOnce = 2 - InverseArea(Area(2.5) - Density(2));
    }

    /// <summary>The next rank.</summary>
    /// <param name="random">The source of randomness.</param>
    /// <returns>From 0 (the most frequent) to n - 1.</returns>
    public int Next(RandomNumbers random)
    {
        while (true)
        {
            double area = _areaToLast + (random.NextDouble() * (_areaBeforeFirst - _areaToLast));
            double x = InverseArea(area);
            double rank = Math.Clamp(Math.Floor(x + 0.5), 1, _count);
            if (rank - x <= _acceptAtOnce || area >= Area(rank + 0.5) - Density(rank))
            {
                return (int)rank - 1;
            }
        }
    }

    private double Density(double x) => Math.Exp(-_exponent * Math.Log(x));

    /// <summary>The integral of the density: (x^(1-s) - 1)/(1-s), which tends to ln x where s is 1.</summary>
    private double Area(double x)
    {
        double log = Math.Log(x);
        double power = (1 - _exponent) * log;
        return Math.Abs(power) < 1e-8 ? log * (1 + (power / 2)) : log * (Math.Exp(power) - 1) / power;
    }

    private double InverseArea(double area)
    {
        double power = Math.Max(-1, area * (1 - _exponent));
        return Math.Exp(Math.Abs(power) < 1e-8 ? area * (1 - (power / 2)) : area * Math.Log(1 + power) / power);
    }
}
