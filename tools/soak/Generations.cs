using System.Diagnostics;

namespace KvTcp.Soak;

/// <summary>Which generations of the pairs a reply may be from, at each moment. Thread-safe.</summary>
/// <param name="pairs">The pairs.</param>
internal sealed class Generations(KnownPairs pairs)
{
    /// <summary>No reply takes longer, so what ended before that is forgotten.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private readonly List<Span> _spans = [new Span(0)];

    /// <summary>The pairs.</summary>
    public KnownPairs Pairs => pairs;

    /// <summary>The generation that is served, or will be as soon as what was asked for is done.</summary>
    public int Current { get; private set; }

    /// <summary>From now on replies may be from this generation too. To be called before the server is asked for it.</summary>
    public void Begin(int generation)
    {
        lock (_lock)
        {
            _spans.RemoveAll(static span => span.End != long.MaxValue && Stopwatch.GetElapsedTime(span.End) > Memory);
            _spans.Add(new Span(generation));
            Current = generation;
        }
    }

    /// <summary>What is asked from now on is answered from the last generation only. To be called after the server has told so.</summary>
    public void Settle()
    {
        lock (_lock)
        {
            foreach (Span span in _spans.SkipLast(1).Where(static span => span.End == long.MaxValue))
            {
                span.End = Stopwatch.GetTimestamp();
            }
        }
    }

    /// <summary>Says what is wrong with the values of a reply, all of which must be from one generation that was served meanwhile.</summary>
    /// <param name="keys">The keys asked for.</param>
    /// <param name="values">What came; null for a miss.</param>
    /// <param name="sent">When the request was sent, as <see cref="Stopwatch"/> counts. What came came before now.</param>
    /// <returns>Null when nothing is.</returns>
    public string? FaultIn(IReadOnlyList<int> keys, IReadOnlyList<string?> values, long sent)
    {
        int[] possible;
        lock (_lock)
        {
            possible = [.. _spans.Where(span => span.End >= sent).Select(static span => span.Generation)];
        }

        return Array.Exists(possible, generation => IsAllOf(generation, keys, values))
            ? null
            : $"{Shown(values[0])} for {pairs.Key(keys[0])} and {keys.Count - 1} more keys are not all from one of generation {string.Join(", ", possible)}";
    }

    private bool IsAllOf(int generation, IReadOnlyList<int> keys, IReadOnlyList<string?> values)
    {
        for (int i = 0; i < keys.Count; i++)
        {
            if (!string.Equals(pairs.Value(keys[i], generation), values[i], StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static string Shown(string? value) => value is null ? "a miss" : $"'{(value.Length > 60 ? value[..60] : value)}'";

    /// <summary>The time in which a generation may be answered from.</summary>
    private sealed class Span(int generation)
    {
        public int Generation => generation;

        public long End { get; set; } = long.MaxValue;
    }
}
