using KvTcp.Compare;

namespace KvTcp.Soak;

/// <summary>How a crowd besets a server. Immutable.</summary>
internal sealed record CrowdPlan
{
    private const long KiB = 1024;

    /// <summary>The server's program.</summary>
    public string Program { get; init; } = SoakServer.DefaultProgram;

    /// <summary>The load generator.</summary>
    public string LoadProgram { get; init; } = SourceTree.PathOf("artifacts/bin/KvTcp.LoadGen/release/loadgen");

    /// <summary>The server's cores.</summary>
    public IReadOnlyList<int> Cores { get; init; } = CoreSplit.OfThisProcess().All;

    /// <summary>The cores of the crowd and of the load generator, those of this process, where the server has others; else none.</summary>
    public IReadOnlyList<int> ClientCores { get; init; } = [];

    /// <summary>What carries the server's bytes.</summary>
    public string Transport { get; init; } = "auto";

    /// <summary>What everything is chosen by.</summary>
    public ulong Seed { get; init; }

    /// <summary>Clients that send a byte every second or two.</summary>
    public int Slow { get; init; } = 1_000;

    /// <summary>Clients that never read.</summary>
    public int Unread { get; init; } = 1_000;

    /// <summary>Clients that send garbage, each about ten times a second.</summary>
    public int Garbage { get; init; } = 100;

    /// <summary>Clients that all reconnect at once, every second.</summary>
    public int Storming { get; init; } = 300;

    /// <summary>Requests a second of the normal load.</summary>
    public int Rate { get; init; } = 5_000;

    /// <summary>Its connections.</summary>
    public int Connections { get; init; } = 50;

    /// <summary>How long each measurement takes.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How many rounds come first that count for no latency: in them the server still compiles what a crowd makes it do.</summary>
    public int WarmUpRounds { get; init; } = 2;

    /// <summary>How often it is measured after these in each way, in turn.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>The server's guards: as they are by default, with limits that this crowd keeps.</summary>
    public ServerLimits Limits { get; init; } = new();

    /// <summary>The most that the crowd may add to the server's RSS, in bytes; docs/operations.md has the derivation.</summary>
    public long ExtraResident => (192 * KiB * KiB) + (Slow * 40 * KiB) + ((Unread + Garbage + Storming) * (Transport is "sockets" ? 384 : 256) * KiB);
}
