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

    /// <summary>What is not wrong: what was seen, and how often.</summary>
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

    /// <summary>Counts what a client can explain, or expects.</summary>
    public void Count(string what)
    {
        lock (_lock)
        {
            _seen[what] = _seen.GetValueOrDefault(what) + 1;
        }
    }
}
