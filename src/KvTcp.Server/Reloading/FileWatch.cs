namespace KvTcp.Server;

/// <summary>
/// Tells when watched files have changed and are at rest again: the same at two looks, one interval apart. One thread at a time.
/// </summary>
/// <param name="paths">The files.</param>
internal sealed class FileWatch(IReadOnlyList<string> paths)
{
    private FileState?[]? _last;

    /// <summary>Looks at the files.</summary>
    /// <param name="taken">Their states when a load last took them, whether it was refused or not.</param>
    /// <returns>Whether to load them.</returns>
    public bool Look(IReadOnlyList<SourceVersion?> taken)
    {
        FileState?[] now = [.. paths.Select(State)];
        bool isAtRest = _last is not null && now.SequenceEqual(_last);
        _last = now;
        return isAtRest && !now.SequenceEqual(taken);
    }

    // A file that cannot be looked at is one that is not there: the load says why.
    private static FileState? State(string path)
    {
        try
        {
            return FileState.Of(path);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
