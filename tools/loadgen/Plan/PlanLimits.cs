namespace KvTcp.LoadGen;

/// <summary>What a plan may ask for, on the command line and in scenario files alike.</summary>
internal static class PlanLimits
{
    public const int MostConnections = 10_000;
    public const int DeepestPipeline = 65_536;
    public const int MostKeysPerRequest = 1_000;
    public const double LowestRate = 0.1;
    public const double HighestRate = 1e8;
    public const double FlattestZipf = 0.01;
    public const double SteepestZipf = 10;

    public static TimeSpan ShortestRun { get; } = TimeSpan.FromMilliseconds(100);

    public static TimeSpan LongestRun { get; } = TimeSpan.FromDays(7);
}
