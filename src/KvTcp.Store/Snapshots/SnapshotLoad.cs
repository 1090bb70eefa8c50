namespace KvTcp.Store;

/// <summary>How a snapshot becomes a dataset.</summary>
public enum SnapshotLoad
{
    /// <summary>
    /// The file is mapped, in milliseconds whatever its size, and may be larger than the memory. Only its header is checked.
    /// Where the system cannot map files for us (any but Linux), and from a stream, it is <see cref="Copy"/>.
    /// </summary>
    Map,

    /// <summary>The file is mapped after every checksum has been read.</summary>
    Verify,

    /// <summary>The file is read into memory, and every checksum with it; from then on the file does not matter.</summary>
    Copy,
}
