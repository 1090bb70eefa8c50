using System.Diagnostics;

namespace KvTcp.LoadGen;

/// <summary>The monotonic clock, in nanoseconds. Thread-safe.</summary>
internal static class LoadClock
{
    public const long Second = 1_000_000_000;

    /// <summary>The time now, from an origin without meaning.</summary>
    public static long Now
    {
        get
        {
            Debug.Assert(Stopwatch.Frequency == Second, "on Linux the clock counts nanoseconds");
            return Stopwatch.GetTimestamp();
        }
    }

    /// <summary>A duration as the difference of two times.</summary>
    /// <param name="duration">The duration.</param>
    public static long Nanoseconds(TimeSpan duration) => duration.Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>The difference of two times as a duration.</summary>
    /// <param name="nanoseconds">The difference.</param>
    public static TimeSpan Duration(long nanoseconds) => new(nanoseconds / TimeSpan.NanosecondsPerTick);
}
