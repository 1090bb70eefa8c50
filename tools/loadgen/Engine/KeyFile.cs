namespace KvTcp.LoadGen;

/// <summary>
/// The keys of a data file (docs/data-file.md), and the values that verification compares with. The file stays mapped, and is not
/// copied: an array of line offsets is all that is kept. Thread-safe once open.
/// </summary>
internal sealed class KeyFile : IDisposable
{
    /// <summary>How many keys it holds.</summary>
    public int Count => throw new NotSupportedException();

    /// <summary>Maps a data file and finds its lines.</summary>
    /// <param name="path">The data file, not compressed.</param>
    public static KeyFile Open(string path) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotSupportedException();
}
