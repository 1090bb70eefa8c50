namespace KvTcp.Transport.Uring;

/// <summary>What a file may have under way, one of each.</summary>
internal enum UringOperation
{
    /// <summary>A cancellation or a close, whose completion tells nothing.</summary>
    End = 0,

    /// <summary>Connections are accepted.</summary>
    Accept = 1,

    /// <summary>Bytes are received.</summary>
    Receive = 2,

    /// <summary>Bytes are sent.</summary>
    Send = 3,

    /// <summary>The file is watched for events.</summary>
    Watch = 4,
}
