namespace KvTcp.Soak;

/// <summary>What a soak does. Immutable.</summary>
internal sealed record SoakPlan
{
    /// <summary>The server's program.</summary>
    public string Program { get; init; } = SoakServer.DefaultProgram;

    /// <summary>How long; every kind of event happens once in any case.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The calm between two events.</summary>
    public TimeSpan Calm { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>What carries the server's bytes.</summary>
    public string Transport { get; init; } = "auto";

    /// <summary>What everything is chosen by.</summary>
    public ulong Seed { get; init; }

    /// <summary>How many pairs the server has.</summary>
    public int Pairs { get; init; } = 20_000;

    /// <summary>How many MiB of RSS may come in the second half, beside a twentieth: the collector decides when memory is worth collecting.</summary>
    public double ResidentTolerance { get; init; } = 16;

    /// <summary>The server's guards.</summary>
    public ServerLimits Limits { get; init; } = new() { UnreadReply = TimeSpan.FromSeconds(4) };
}
