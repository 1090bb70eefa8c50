namespace KvTcp.Tests.Support;

/// <summary>A time that passes only when told to.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public void Pass(TimeSpan duration) => _now += duration;

    public override DateTimeOffset GetUtcNow() => _now;
}
