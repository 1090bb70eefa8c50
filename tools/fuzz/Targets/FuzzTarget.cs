namespace KvTcp.Fuzz;

/// <summary>
/// One thing that reads what others wrote: makes inputs for it, and compares what it says with a slow and plain reader. Each thread
/// has its own, which may keep buffers from one input to the next.
/// </summary>
internal abstract class FuzzTarget : IDisposable
{
    /// <summary>Makes a new one of each, in the order of reports.</summary>
    public static IReadOnlyDictionary<string, Func<FuzzTarget>> All { get; } = new OrderedDictionary<string, Func<FuzzTarget>>(StringComparer.Ordinal)
    {
        ["uuid"] = static () => new UuidTarget(),
        ["framing"] = static () => new FramingTarget(),
        ["line-requests"] = static () => new LineRequestTarget(),
        ["resp-requests"] = static () => new RespRequestTarget(),
        ["line-replies"] = static () => new LineReplyTarget(),
        ["resp-replies"] = static () => new RespReplyTarget(),
        ["data-file"] = static () => new DataFileTarget(),
        ["snapshot"] = static () => new SnapshotTarget(),
    };

    /// <summary>Makes an input.</summary>
    /// <param name="input">Receives it; is empty.</param>
    /// <param name="random">What all choices are made with.</param>
    public abstract void Make(List<byte> input, InputRandom random);

    /// <summary>Reads an input and compares.</summary>
    /// <param name="input">Any bytes.</param>
    /// <param name="random">What choices that are not in the input are made with, such as where it is cut.</param>
    /// <exception cref="FuzzException">The two do not agree. Any other exception is a finding as well.</exception>
    public abstract void Check(ReadOnlySpan<byte> input, InputRandom random);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    /// <summary>Throws when what was read is not what should have been.</summary>
    protected static void Expect<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new FuzzException($"{what}: {actual}, not {expected}");
        }
    }
}
