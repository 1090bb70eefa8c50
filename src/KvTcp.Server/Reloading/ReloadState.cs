namespace KvTcp.Server;

/// <summary>What STATS and VERSION tell of reloads. Immutable: each change makes a new one.</summary>
public sealed record ReloadState
{
    /// <summary>Whether a reload is under way.</summary>
    public bool IsRunning { get; init; }

    /// <summary>The last reload or rollback; null before the first.</summary>
    public ReloadOutcome? Last { get; init; }

    /// <summary>When that ended.</summary>
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>How long that took.</summary>
    public TimeSpan LastDuration { get; init; }

    /// <summary>Reloads since start after which another dataset was served.</summary>
    public long Done { get; init; }

    /// <summary>Reloads and rollbacks since start that were refused, or failed.</summary>
    public long Refused { get; init; }

    /// <summary>Rollbacks since start.</summary>
    public long RolledBack { get; init; }

    /// <summary>The word for a result.</summary>
    internal static string Word(ReloadResult? result) => result switch
    {
        ReloadResult.Done => "done",
        ReloadResult.Unchanged => "unchanged",
        ReloadResult.RolledBack => "rolled_back",
        ReloadResult.Refused => "refused",
        ReloadResult.Failed => "failed",
        _ => "none",
    };

    /// <summary>The state after a reload or rollback, apart from whether a reload is under way.</summary>
    internal ReloadState After(ReloadOutcome outcome, DateTimeOffset at, TimeSpan duration) => this with
    {
        Last = outcome,
        LastAt = at,
        LastDuration = duration,
        Done = Done + (outcome.Result == ReloadResult.Done ? 1 : 0),
        Refused = Refused + (outcome.Error is null ? 0 : 1),
        RolledBack = RolledBack + (outcome.Result == ReloadResult.RolledBack ? 1 : 0),
    };
}
