namespace KvTcp.Server;

/// <summary>How a reload or a rollback ended.</summary>
public enum ReloadResult
{
    /// <summary>Another dataset is served.</summary>
    Done,

    /// <summary>The sources hold what is served already.</summary>
    Unchanged,

    /// <summary>The previous dataset is served again.</summary>
    RolledBack,

    /// <summary>What was served goes on being served, or nothing is: see the reason.</summary>
    Refused,

    /// <summary>A bug.</summary>
    Failed,
}
