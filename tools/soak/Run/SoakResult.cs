namespace KvTcp.Soak;

/// <summary>What came of a soak. Immutable.</summary>
/// <param name="Plan">What was done.</param>
/// <param name="BeganAt">When.</param>
/// <param name="Samples">The server, second by second.</param>
/// <param name="Events">What happened when.</param>
/// <param name="Slopes">Whether the server stays what it is.</param>
/// <param name="Seen">What clients expected or could explain, and how often.</param>
/// <param name="Wrong">What is wrong, all of it; none when all is well.</param>
/// <param name="Notes">What the machine does not allow.</param>
internal sealed record SoakResult(
    SoakPlan Plan,
    DateTimeOffset BeganAt,
    IReadOnlyList<ServerSample> Samples,
    IReadOnlyList<(TimeSpan At, string What)> Events,
    IReadOnlyList<Slope> Slopes,
    IReadOnlyList<(string What, long Count)> Seen,
    IReadOnlyList<string> Wrong,
    IReadOnlyList<string> Notes);
