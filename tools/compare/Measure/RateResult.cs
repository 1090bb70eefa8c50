namespace KvTcp.Compare;

/// <summary>One server at a fixed rate in one round, in an open loop. Immutable.</summary>
/// <param name="Server">The server.</param>
/// <param name="Share">The rate as a share of the server's capacity, its median at <see cref="LoadCase.Typical"/>.</param>
/// <param name="Round">The round, from 1.</param>
/// <param name="Rate">Requests sent a second.</param>
/// <param name="Wait">How long clients waited, from when each request was due.</param>
/// <param name="SendDelayP99">How late the generator itself was, which the wait includes: what 99 of 100 requests do not exceed, in microseconds.</param>
/// <param name="Unsent">Requests that were due at the end and not sent, because the server had not yet replied to enough others.</param>
/// <param name="InvalidReason">Why it must not be used, such as a generator that was late; null when it may.</param>
internal sealed record RateResult(
    string Server, double Share, int Round, double Rate, WaitTimes Wait, double SendDelayP99, long Unsent, string? InvalidReason)
{
    /// <summary>Whether the server took requests at the rate.</summary>
    public bool KeptUp => Unsent == 0;

    /// <summary>The shares that are measured.</summary>
    public static IReadOnlyList<double> Shares { get; } = [0.1, 0.5, 0.8];
}
