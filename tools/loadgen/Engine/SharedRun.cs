namespace KvTcp.LoadGen;

/// <summary>What the threads of a run share. Thread-safe.</summary>
/// <param name="target">The server.</param>
/// <param name="plan">The plan.</param>
/// <param name="threads">How many threads there are.</param>
internal sealed class SharedRun(SocketTarget target, LoadPlan plan, int threads) : IDisposable
{
    public SocketTarget Target { get; } = target;

    public Greeting Greeting { get; } = Greeting.Of(plan);

    public RunSchedule Schedule { get; } = new(plan);

    public SecondsBoard Board { get; } = new(threads);

    /// <summary>Reaches zero when every thread has connected, or failed to.</summary>
    public CountdownEvent Ready { get; } = new(threads);

    /// <summary>Is set when they may begin.</summary>
    public ManualResetEventSlim Go { get; } = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        Greeting.Dispose();
        Ready.Dispose();
        Go.Dispose();
    }
}
