namespace KvTcp.Server;

/// <summary>How data is downloaded. Immutable.</summary>
public sealed record UrlSourceOptions
{
    /// <summary>
    /// How long a source may send nothing before its answer, or less than 1 KiB a second within it, until the attempt is given up. Default: 30 s.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where downloads lie until they are loaded. Default: the system's directory for temporary files.</summary>
    public string Directory { get; init; } = Path.GetTempPath();

    /// <summary>The longest object, in bytes, also where its server does not tell its length. Tests shorten it.</summary>
    internal long MaxLength { get; init; } = 1L << 40;

    /// <summary>How the room for downloads is measured; tests have it their way.</summary>
    internal Func<string, DownloadRoom> MeasureRoom { get; init; } = DownloadRoom.Of;

    /// <summary>The wait after the first attempt that fails; it doubles with each further one. Tests shorten it.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);
}
