namespace KvTcp.LoadGen;

/// <summary>What a run measured. Immutable.</summary>
internal sealed record LoadResult
{
    /// <summary>What was run.</summary>
    public required LoadPlan Plan { get; init; }

    /// <summary>When the measured part began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The length of the measured part; with a count, until the last reply.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>What became of the requests.</summary>
    public required LoadCounts Counts { get; init; }

    /// <summary>Requests whose reply came after the measured part; all but <see cref="RequestsPerSecond"/> counts them.</summary>
    public long LateReplies { get; init; }

    /// <summary>
    /// The latency of every request answered: from when it was sent (closed loop) or was to be sent (open loop) until its reply was read.
    /// </summary>
    public required LatencyHistogram Latency { get; init; }

    /// <summary>The measured part second by second.</summary>
    public required IReadOnlyList<LoadInterval> Intervals { get; init; }

    /// <summary>The processor time of the generator's threads in the measured part.</summary>
    public required TimeSpan GeneratorCpu { get; init; }

    /// <summary>Open loop: how late the generator itself was with each request, for no fault of the server's. Null in a closed loop.</summary>
    public required LatencyHistogram? SendDelay { get; init; }

    /// <summary>Why the figures must not be used, such as a generator that fell behind its own schedule; null when they may.</summary>
    public required string? InvalidReason { get; init; }

    /// <summary>The first mismatches in words: the key, what the data file says, what the server replied. At most ten.</summary>
    public required IReadOnlyList<string> MismatchSamples { get; init; }

    /// <summary>The first errors in words: what the server replied, or what is wrong with the reply. At most ten.</summary>
    public IReadOnlyList<string> ErrorSamples { get; init; } = [];

    /// <summary>
    /// Open loop: why the percentiles are too low, for the server did not keep up; null when it did, or when the generator didn't.
    /// </summary>
    public string? OverloadReason => Plan.Rate is null || InvalidReason is not null ? null : RunValidity.OverloadIn(Counts);

    /// <summary>Requests answered a second within the measured part; 0 when the run ended before it measured.</summary>
    public double RequestsPerSecond => Elapsed > TimeSpan.Zero ? (Counts.Requests - LateReplies) / Elapsed.TotalSeconds : 0;

    /// <summary>How many processors the generator kept busy; 0 when the run ended before it measured.</summary>
    public double GeneratorProcessors => Elapsed > TimeSpan.Zero ? GeneratorCpu / Elapsed : 0;
}
