namespace KvTcp.Server;

/// <summary>
/// Tells when watched files have changed and are at rest again: the same at two looks, one interval apart. One thread at a time.
/// </summary>
/// <param name="paths">The files.</param>
internal sealed class FileWatch(IReadOnlyList<string> paths)
{
    private FileState?[]? _last;
    private FileState?[]? _wanted;

    /// <summary>Whether the files that the last look wanted are others than those wanted before: no load has tried these.</summary>
    public bool IsUntried { get; private set; }

    /// <summary>Looks at the files.</summary>
    /// <param name="taken">Their states when a load last took them: served them, or found that they are not to be served.</param>
    /// <returns>Whether to load them.</returns>
    public bool Look(IReadOnlyList<SourceVersion?> taken)
    {
        FileState?[] now = States(paths);
        bool isAtRest = _last is not null && now.SequenceEqual(_last);
        _last = now;
        if (!isAtRest || now.SequenceEqual(taken))
        {
            return false;
        }

        IsUntried = _wanted is null || !now.SequenceEqual(_wanted);
        _wanted = now;
        return true;
    }

    /// <summary>What files look like now; null for one that is not there.</summary>
    public static FileState?[] States(IReadOnlyList<string> paths) => [.. paths.Select(State)];

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
