namespace KvTcp.Store;

/// <summary>What a bad line does to the load.</summary>
public enum BadLinePolicy
{
    /// <summary>The load fails with <see cref="DataFileException"/>, after counting all bad lines.</summary>
    Stop,

    /// <summary>The line is counted and left out.</summary>
    Skip,
}
