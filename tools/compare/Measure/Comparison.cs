namespace KvTcp.Compare;

/// <summary>All that a comparison has measured. Immutable; written as JSON.</summary>
/// <param name="Command">The command line that measured it.</param>
/// <param name="Date">When it began.</param>
/// <param name="Machine">Where.</param>
/// <param name="Cores">Which cores.</param>
/// <param name="Pairs">How many pairs every server held.</param>
/// <param name="Rounds">How often each figure was measured.</param>
/// <param name="Seconds">How long each run was.</param>
internal sealed record Comparison(
    string Command, DateTimeOffset Date, Machine Machine, CoreSplit Cores, long Pairs, int Rounds, double Seconds)
{
    /// <summary>The servers asked for, in the order of the tables.</summary>
    public required IReadOnlyList<ServerNote> Servers { get; init; }

    /// <summary>How often starts were measured.</summary>
    public required int StartRounds { get; init; }

    public required IReadOnlyList<StartResult> Starts { get; init; }

    public required IReadOnlyList<RequestResult> Requests { get; init; }

    public required IReadOnlyList<RateResult> Rates { get; init; }

    /// <summary>The starts of a server.</summary>
    public StartResult[] StartsOf(ServerNote server) => [.. Starts.Where(start => Is(server, start.Server))];

    /// <summary>What a server did under a kind of load.</summary>
    public RequestResult[] RequestsOf(ServerNote server, LoadCase load) =>
        [.. Requests.Where(request => Is(server, request.Server) && request.Case == load)];

    /// <summary>What a server did at a rate.</summary>
    public RateResult[] RatesOf(ServerNote server, double share) => [.. Rates.Where(rate => Is(server, rate.Server) && rate.Share == share)];

    /// <summary>The memory that a pair takes in a server, beyond that of the server without data, in bytes.</summary>
    public double BytesPerPair(StartResult start) => (start.LoadedBytes - start.EmptyBytes) / (double)Pairs;

    private static bool Is(ServerNote server, string name) => string.Equals(server.Name, name, StringComparison.Ordinal);
}
