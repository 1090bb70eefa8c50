namespace KvTcp.Transport.Uring;

/// <summary>The files that have operations in a ring. Completions find them by their places. On the loop only.</summary>
internal sealed class UringFiles
{
    private readonly Stack<int> _free = new();
    private IUringFile?[] _files = new IUringFile?[64];
    private int _count;

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _count == _free.Count;

    /// <summary>All of them, and null for places that are free.</summary>
    public IReadOnlyList<IUringFile?> All => _files;

    /// <summary>The file at a place; null when it has left.</summary>
    public IUringFile? this[ulong place] => place < (ulong)_files.Length ? _files[place] : null;

    /// <summary>Gives a file a place.</summary>
    public int Add(IUringFile file)
    {
        if (!_free.TryPop(out int place))
        {
            place = _count++;
            if (place == _files.Length)
            {
                Array.Resize(ref _files, 2 * place);
            }
        }

        _files[place] = file;
        return place;
    }

    /// <summary>Frees a place. Nothing of its file is under way any more.</summary>
    public void Remove(int place)
    {
        _files[place] = null;
        _free.Push(place);
    }
}
