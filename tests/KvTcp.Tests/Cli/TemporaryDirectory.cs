namespace KvTcp.Tests.Cli;

/// <summary>A directory that is removed when disposed.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
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

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
