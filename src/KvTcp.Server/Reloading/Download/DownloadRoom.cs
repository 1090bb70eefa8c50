namespace KvTcp.Server;

/// <summary>What a directory can take.</summary>
/// <param name="Free">How many bytes are free, for this process.</param>
/// <param name="Reserve">How many of these are left to others.</param>
/// <param name="IsMemory">Whether files in it take memory, as on a tmpfs.</param>
internal readonly record struct DownloadRoom(long Free, long Reserve, bool IsMemory)
{
    private const long LargestReserve = 1L << 30;
    private const int ReservedPart = 16;

    /// <summary>How much a download may take.</summary>
    public long Usable => Math.Max(0, Free - Reserve);

    /// <summary>Measures.</summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="IOException">The system does not tell.</exception>
    public static DownloadRoom Of(string directory)
    {
        DriveInfo drive = new(directory);
        bool isMemory = drive.DriveType == DriveType.Ram;
        long free = drive.AvailableFreeSpace;
        return new DownloadRoom(
            isMemory ? Math.Min(free, AvailableMemory.Bytes()) : free, Math.Min(drive.TotalSize / ReservedPart, LargestReserve), isMemory);
    }
}
