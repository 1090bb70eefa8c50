namespace KvTcp.Store;

/// <summary>Where pairs come from: a file, standard input, or a stream. Gzip and snapshots are recognised by their first bytes.</summary>
public sealed class DataSource
{
    private DataSource(string name, string? path, Func<Stream>? open)
    {
        Name = name;
        Path = path;
        Open = open;
    }

    /// <summary>The name that messages show: the path as it was given, or <c>(standard input)</c>.</summary>
    public string Name { get; }

    internal string? Path { get; }

    internal Func<Stream>? Open { get; }

    /// <summary>A file: text, plain or gzip, or a snapshot; <c>-</c> is standard input.</summary>
    /// <param name="path">The path. Nothing is opened before the load.</param>
    /// <returns>The source.</returns>
    public static DataSource FromPath(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return path is "-"
            ? new DataSource("(standard input)", path: null, Console.OpenStandardInput)
            : new DataSource(path, path, open: null);
    }

    /// <summary>A stream, of what a file may hold, that is read once to its end and disposed.</summary>
    /// <param name="stream">A readable stream.</param>
    /// <param name="name">The name that messages show.</param>
    /// <returns>The source, good for one load.</returns>
    public static DataSource FromStream(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new DataSource(name, path: null, () => stream);
    }

    /// <summary>The same source under another name, for example that of the URL a file was downloaded from.</summary>
    /// <param name="name">The name that messages show.</param>
    /// <returns>The source.</returns>
    public DataSource WithName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new DataSource(name, Path, Open);
    }
}
