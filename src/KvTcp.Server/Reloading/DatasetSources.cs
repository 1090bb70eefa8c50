namespace KvTcp.Server;

/// <summary>
/// The sources of a server, and which of their versions a load has last taken: served them, or found that they are not to be served.
/// One reload at a time uses it; <see cref="TakenOfWatched"/> is for any thread.
/// </summary>
/// <remarks>
/// All versions of a load are taken, or none: an update of one source must not get lost because another one did not answer. What was refused
/// for what it holds, or rolled back from, is known for unwanted where it was the only thing new, and is not loaded along with something else
/// that is new. Where several were, nobody knows which is to blame.
/// </remarks>
internal sealed class DatasetSources
{
    private readonly IReadOnlyList<DatasetSource> _sources;
    private readonly SourceVersion?[] _unwanted;
    private volatile SourceVersion?[] _taken;

    /// <summary>Nothing is taken yet.</summary>
    public DatasetSources(IReadOnlyList<DatasetSource> sources)
    {
        _sources = sources;
        _unwanted = new SourceVersion?[sources.Count];
        _taken = new SourceVersion?[sources.Count];
        Name = string.Join(',', sources.Select(static source => source.Name));
        WatchedPaths = [.. sources.Select(static source => source.WatchedPath).OfType<string>()];
    }

    /// <summary>The names of all.</summary>
    public string Name { get; }

    /// <summary>The files that can be watched.</summary>
    public IReadOnlyList<string> WatchedPaths { get; }

    /// <summary>The taken versions of the watched files.</summary>
    public IReadOnlyList<SourceVersion?> TakenOfWatched => [.. _taken.Where((_, i) => _sources[i].WatchedPath is not null)];

    /// <summary>Begins to fetch.</summary>
    /// <returns>Nothing yet, of the versions that are taken.</returns>
    public FetchedSources Begin() => new([.. _taken]);

    /// <summary>Asks all sources, also after one of them has failed: each file that is gone is noted, and not looked for until it is back.</summary>
    /// <param name="fetched">Receives what is new, for a person all there is of local sources.</param>
    /// <param name="trigger">What has asked for it.</param>
    /// <param name="served">The versions of what is served.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task FetchAsync(
        FetchedSources fetched, ReloadTrigger trigger, IReadOnlyList<SourceVersion> served, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        for (int i = 0; i < _sources.Count; i++)
        {
            if (trigger is ReloadTrigger.Refresh && !_sources[i].IsRemote)
            {
                // A file that is being written now is the watch's business, which waits until it is at rest.
                continue;
            }

            SourceVersion? known = IsOnItsOwn(trigger) ? fetched.Versions[i] : _sources[i].IsRemote ? served.ElementAtOrDefault(i) : null;
            try
            {
                fetched[i] = await _sources[i].FetchAsync(known, cancellationToken);
                fetched.Versions[i] = fetched[i]?.Version ?? known;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ReloadRefusedException)
            {
                failure ??= exception;
                if (_sources[i].WatchedPath is not null)
                {
                    fetched.Versions[i] = null;
                    _taken = [.. _taken.Select((version, source) => source == i ? null : version)];
                }
            }
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>Gets the data of those sources too that have nothing new.</summary>
    /// <exception cref="ReloadRefusedException">One of them has what is unwanted, and nobody has asked for that.</exception>
    public async Task FetchRestAsync(FetchedSources fetched, ReloadTrigger trigger, CancellationToken cancellationToken)
    {
        for (int i = 0; i < _sources.Count; i++)
        {
            if (fetched[i] is not null)
            {
                continue;
            }

            if (_sources[i].IsRemote && IsOnItsOwn(trigger))
            {
                // It has just said that it still has that version: there is no need to download it.
                RefuseUnwanted(i, fetched.Versions[i]);
            }

            fetched[i] = await _sources[i].FetchAsync(known: null, cancellationToken);
            fetched.Versions[i] = fetched[i]!.Version;
            if (IsOnItsOwn(trigger))
            {
                RefuseUnwanted(i, fetched.Versions[i]);
            }
        }
    }

    /// <summary>Takes note that versions are served.</summary>
    public void Take(IEnumerable<SourceVersion?> versions)
    {
        _taken = [.. versions];
        Array.Clear(_unwanted);
    }

    /// <summary>Takes note that versions are not to be served.</summary>
    /// <param name="versions">The versions.</param>
    /// <param name="served">Those that are served instead.</param>
    public void Reject(IReadOnlyList<SourceVersion?> versions, IReadOnlyList<SourceVersion> served)
    {
        _taken = [.. versions];
        NoteUnwanted(versions, served);
    }

    /// <summary>Takes note of a rollback from versions that had been taken.</summary>
    /// <param name="versions">The versions.</param>
    /// <param name="served">Those that are served again.</param>
    public void NoteUnwanted(IReadOnlyList<SourceVersion?> versions, IReadOnlyList<SourceVersion> served)
    {
        int[] others = [.. Enumerable.Range(0, Math.Min(versions.Count, served.Count)).Where(i => versions[i] != served[i])];
        if (others is [int only])
        {
            _unwanted[only] = versions[only];
        }
    }

    /// <summary>Takes nothing for known: with nothing to serve, a version from before is as welcome as a new one.</summary>
    public void Forget() => Take(new SourceVersion?[_sources.Count]);

    /// <summary>Whether no person has asked.</summary>
    private static bool IsOnItsOwn(ReloadTrigger trigger) => trigger is ReloadTrigger.Watch or ReloadTrigger.Refresh;

    private void RefuseUnwanted(int source, SourceVersion? version)
    {
        if (version is not null && version == _unwanted[source])
        {
            throw new ReloadRefusedException(
                $"{_sources[source].Name} still holds what was refused or rolled back; what is new elsewhere waits until that changes, or for a reload by hand");
        }
    }
}
