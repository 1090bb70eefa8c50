using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>A file of the server's machine.</summary>
/// <param name="path">Its path. Nothing is opened before the load.</param>
public sealed class FileSource(string path) : DatasetSource
{
    /// <inheritdoc/>
    public override string Name => path;

    internal override string WatchedPath => path;

    internal override Task<FetchedData?> FetchAsync(SourceVersion? known, CancellationToken cancellationToken)
    {
        FileState state = FileState.Of(path) ?? throw (Directory.Exists(path)
            ? new IOException($"{path} is a directory; give a data file.")
            : new FileNotFoundException($"{path} does not exist.", path));
        return Task.FromResult(state == known
            ? null
            : new FetchedData(DataSource.FromPath(path), state, path, state.Length) { CurrentVersion = () => FileState.Of(path) });
    }
}
