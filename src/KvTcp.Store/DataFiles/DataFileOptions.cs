namespace KvTcp.Store;

/// <summary>How data files are read. The format stands in <c>docs/data-file.md</c>.</summary>
public sealed record DataFileOptions
{
    /// <summary>The largest <see cref="MaxValueLength"/> that is possible: 16 MiB.</summary>
    public const int LargestMaxValueLength = 16 << 20;

    /// <summary>The largest <see cref="Parallelism"/> that is possible: 1,024.</summary>
    public const int LargestParallelism = 1024;

    /// <summary>What a bad line does; stops the load by default.</summary>
    public BadLinePolicy OnBadLine { get; init; } = BadLinePolicy.Stop;

    /// <summary>Which of several pairs with one key is kept; the last by default. Files count in the order they are given.</summary>
    public DuplicatePolicy Duplicates { get; init; } = DuplicatePolicy.Last;

    /// <summary>4 makes every key that is no version 4 UUID (RFC 9562) a bad line; null, the default, takes any.</summary>
    public int? UuidVersion { get; init; }

    /// <summary>The longest value, in bytes; a longer one makes its line bad. 1 MiB by default.</summary>
    public int MaxValueLength { get; init; } = 1 << 20;

    /// <summary>How many threads load; one for each processor by default.</summary>
    public int Parallelism { get; init; } = Math.Min(Environment.ProcessorCount, LargestParallelism);

    /// <summary>What is wrong with the options, in one sentence; null if nothing is.</summary>
    internal string? FindFault()
    {
        if (!Enum.IsDefined(OnBadLine) || !Enum.IsDefined(Duplicates))
        {
            return $"{nameof(OnBadLine)} {OnBadLine} or {nameof(Duplicates)} {Duplicates} is no policy.";
        }

        if (UuidVersion is not (null or 4))
        {
            return $"{nameof(UuidVersion)} is {UuidVersion}; it can only be 4, or null.";
        }

        if (MaxValueLength is < 0 or > LargestMaxValueLength)
        {
            return $"{nameof(MaxValueLength)} is {MaxValueLength}; it can be 0 to {LargestMaxValueLength}.";
        }

        return Parallelism is < 1 or > LargestParallelism
            ? $"{nameof(Parallelism)} is {Parallelism}; it can be 1 to {LargestParallelism}."
            : null;
    }
}
