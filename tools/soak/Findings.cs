using System.Net.Sockets;
using System.Security.Authentication;
using KvTcp.Cli;
using KvTcp.Client;

namespace KvTcp.Soak;

/// <summary>What clients have seen that is wrong, and how often they have seen what is not. Thread-safe.</summary>
internal sealed class Findings
{
    private const int MostKept = 40;

    private readonly Lock _lock = new();
    private readonly List<string> _wrong = [];
    private readonly SortedDictionary<string, long> _seen = new(StringComparer.Ordinal);

    /// <summary>How many things are wrong.</summary>
    public long WrongCount { get; private set; }

    /// <summary>The first things that are wrong.</summary>
    public IReadOnlyList<string> Wrong
    {
        get
        {
            lock (_lock)
            {
                return [.. _wrong];
            }
        }
    }

    /// <summary>What is not wrong: what was seen, and how often; 0 for what was expected and has not been seen.</summary>
    public IReadOnlyList<(string What, long Count)> Seen
    {
        get
        {
            lock (_lock)
            {
                return [.. _seen.Select(static pair => (pair.Key, pair.Value))];
            }
        }
    }

    /// <summary>Notes what is wrong.</summary>
    public void AddWrong(string what)
    {
        lock (_lock)
        {
            WrongCount++;
            if (_wrong.Count < MostKept)
            {
                _wrong.Add($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {what}");
            }
        }
    }

    /// <summary>Does what may fail because of the server: that is then wrong, and no reason to end without a report.</summary>
    /// <param name="name">Who does it.</param>
    /// <param name="action">What is done.</param>
    /// <param name="stop">What fails after this is in the middle of something, and not wrong.</param>
    /// <returns>Whether nothing was wrong.</returns>
    public async Task<bool> TryAsync(string name, Func<Task> action, CancellationToken stop)
    {
        try
        {
            await action();
            return true;
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            return true;
        }
        catch (Exception exception) when (exception is SocketException or IOException or TimeoutException or OperationCanceledException
            or AuthenticationException or HttpRequestException or KvException or CommandException)
        {
            AddWrong($"{name}: {exception.Message}");
            return false;
        }
    }

    /// <summary>From now on something is expected to be seen at least once.</summary>
    public void Expect(string what)
    {
        lock (_lock)
        {
            _ = _seen.TryAdd(what, 0);
        }
    }

    /// <summary>Counts what a client can explain, or expects.</summary>
    public void Count(string what)
    {
        lock (_lock)
        {
            _seen[what] = _seen.GetValueOrDefault(what) + 1;
        }
    }
}
