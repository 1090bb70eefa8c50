namespace KvTcp.Server;

/// <summary>What has asked for a reload.</summary>
public enum ReloadTrigger
{
    /// <summary>SIGHUP.</summary>
    Signal,

    /// <summary>The command RELOAD.</summary>
    Command,

    /// <summary>A watched file has changed.</summary>
    Watch,

    /// <summary>It is time to ask the sources for something new.</summary>
    Refresh,
}
