using KvTcp.Store;

namespace KvTcp.Server;

/// <summary>Standard input, which gives its data once.</summary>
public sealed class StandardInputSource : DatasetSource
{
    private readonly DataSource _data = DataSource.FromPath("-");
    private bool _isRead;

    /// <inheritdoc/>
    public override string Name => _data.Name;

    internal override Task<FetchedData?> FetchAsync(SourceVersion? known, CancellationToken cancellationToken)
    {
        if (_isRead)
        {
            throw new ReloadRefusedException("standard input can be read only once; serve a file to reload it");
        }

        _isRead = true;
        return Task.FromResult<FetchedData?>(new FetchedData(_data, new ReadOnce(), Path: null, Length: null) { CurrentVersion = static () => new ReadOnce() });
    }

    private sealed record ReadOnce : SourceVersion;
}
