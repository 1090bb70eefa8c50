namespace KvTcp.Tests.Support;

/// <summary>A directory that is removed when disposed.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private int _unnamed;

    /// <summary>Makes the directory; its name has a space, as a user's may.</summary>
    public TemporaryDirectory() => Root = Directory.CreateTempSubdirectory("kvtcp test ").FullName;

    public string Root { get; }

    /// <summary>A path in the directory.</summary>
    /// <param name="name">The name.</param>
    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Writes a file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="content">Its content.</param>
    /// <returns>Its path.</returns>
    public string Write(string name, string content)
    {
        File.WriteAllText(PathOf(name), content);
        return PathOf(name);
    }

    /// <summary>Writes a file.</summary>
    /// <param name="content">Its content.</param>
    /// <param name="name">Its name; a new one if none is given.</param>
    /// <returns>Its path.</returns>
    public string Write(byte[] content, string? name = null)
    {
        string path = PathOf(name ?? $"{_unnamed++}.data");
        File.WriteAllBytes(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
