namespace KvTcp.Compare;

/// <summary>One server at a fixed rate in one round, in an open loop. Immutable.</summary>
/// <param name="Server">The server.</param>
/// <param name="Share">The rate as a share of the server's capacity, its median at <see cref="LoadCase.Typical"/>.</param>
/// <param name="Round">The round, from 1.</param>
/// <param name="Rate">Requests sent a second.</param>
/// <param name="Wait">How long clients waited, from when each request was due.</param>
/// <param name="InvalidReason">Why it must not be used; null when it may.</param>
internal sealed record RateResult(string Server, double Share, int Round, double Rate, WaitTimes Wait, string? InvalidReason)
{
    /// <summary>The shares that are measured.</summary>
    public static IReadOnlyList<double> Shares { get; } = [0.1, 0.5, 0.8];
}
