namespace KvTcp.Client;

/// <summary>What a <see cref="ConnectionSlot"/> can do for a request.</summary>
internal enum SlotState
{
    /// <summary>A connection is being made, for the first time or after one that worked: requests wait for it.</summary>
    Connecting,

    /// <summary>A connection stands.</summary>
    Connected,

    /// <summary>The last attempt failed: requests are not taken until one succeeds.</summary>
    Failed,

    /// <summary>The client is disposed.</summary>
    Closed,
}
