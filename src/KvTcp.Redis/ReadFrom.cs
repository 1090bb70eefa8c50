namespace KvTcp.Redis;

/// <summary>Which nodes of a Cluster values are read from.</summary>
public enum ReadFrom : byte
{
    /// <summary>The masters, which have what was last written.</summary>
    Master,

    /// <summary>The replicas in turn, which may be a moment behind; a master whose replicas cannot be reached.</summary>
    Replica,
}
