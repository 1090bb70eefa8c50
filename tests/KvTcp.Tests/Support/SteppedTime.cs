namespace KvTcp.Tests.Support;

/// <summary>A time that passes only when told to.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private TimeSpan _passed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Pass(TimeSpan duration)
    {
        _now += duration;
        _passed += duration;
    }

    /// <summary>Sets the clock, without any time passing.</summary>
    public void SetClock(TimeSpan by) => _now += by;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _passed.Ticks;
}
