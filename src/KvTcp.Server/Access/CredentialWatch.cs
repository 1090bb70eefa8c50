using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>
/// Loads files again that the server authenticates by, when they have changed and are at rest, and when asked. What cannot be used is
/// refused with a line in the log, and what was loaded before goes on; it is tried again every minute, since it may become readable, or valid, and look
/// the same. Thread-safe.
/// </summary>
public sealed class CredentialWatch : IAsyncDisposable
{
    /// <summary>How often what was refused is tried again.</summary>
    internal static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Watched[] _watched;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _asked = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;

    /// <summary>Begins to watch files that have just been loaded.</summary>
    /// <param name="files">The files.</param>
    /// <param name="loggers">Where to log.</param>
    public CredentialWatch(IReadOnlyList<CredentialFiles> files, ILoggerFactory loggers)
        : this(files, loggers, TimeProvider.System)
    {
    }

    /// <summary>Begins to watch files that have just been loaded, with a clock for <see cref="RetryInterval"/>.</summary>
    internal CredentialWatch(IReadOnlyList<CredentialFiles> files, ILoggerFactory loggers, TimeProvider time)
    {
        _watched = [.. files.Select(static one => new Watched(one))];
        _time = time;
        _logger = loggers.CreateLogger<CredentialWatch>();
        _watching = files.Count > 0 ? WatchAsync() : Task.CompletedTask;
    }

    /// <summary>Has all files loaded again, changed or not. Those who ask while that is about to begin share one load.</summary>
    public void Reload()
    {
        lock (_watched)
        {
            if (_asked.CurrentCount == 0)
            {
                _asked.Release();
            }
        }
    }

    /// <summary>Ends the watch.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
        _asked.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            bool isAsked = await IsAskedAsync();
            foreach (Watched watched in _watched)
            {
                if (watched.HasChanged() || isAsked || watched.IsToBeRetried(_time))
                {
                    Load(watched);
                }
            }
        }
    }

    private async Task<bool> IsAskedAsync()
    {
        try
        {
            return await _asked.WaitAsync(Interval, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Load(Watched watched)
    {
        try
        {
            bool isOther = watched.Load();
            ServerLog.LoadedCredential(_logger, watched.Files.Description, isOther ? "it has changed" : "it is the same");
        }
        catch (CredentialException e)
        {
            watched.OnRefused(_time);
            ServerLog.RefusedCredential(_logger, e.Message);
        }
#pragma warning disable CA1031 // Whatever happens to a load, the watch goes on.
        catch (Exception e)
        {
            watched.OnRefused(_time);
            ServerLog.CredentialFailed(_logger, e);
        }
#pragma warning restore CA1031
    }

    /// <summary>Files, and what they looked like when they were last tried.</summary>
    private sealed class Watched(CredentialFiles files)
    {
        private readonly FileWatch _watch = new(files.Paths);
        private IReadOnlyList<SourceVersion?> _tried = FileWatch.States(files.Paths);
        private long? _refusedAt;

        public CredentialFiles Files => files;

        public bool HasChanged() => _watch.Look(_tried);

        public bool IsToBeRetried(TimeProvider time) => _refusedAt is long since && time.GetElapsedTime(since) >= RetryInterval;

        public void OnRefused(TimeProvider time) => _refusedAt = time.GetTimestamp();

        public bool Load()
        {
            // Before they are read: whoever changes one meanwhile has it tried again.
            _tried = FileWatch.States(files.Paths);
            bool isOther = files.Load();
            _refusedAt = null;
            return isOther;
        }
    }
}
