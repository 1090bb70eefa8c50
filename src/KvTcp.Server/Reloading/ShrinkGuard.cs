namespace KvTcp.Server;

/// <summary>Refuses data that has lost too much: an empty file is most often an accident. Immutable.</summary>
/// <param name="name">The names of the sources.</param>
/// <param name="maxShrink">How much may be lost, from 0 to 1.</param>
internal sealed class ShrinkGuard(string name, double maxShrink)
{
    /// <summary>Compares pairs, after the load.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="before">What was served last; null for nothing.</param>
    /// <exception cref="ReloadRefusedException">There are too few.</exception>
    public void RefuseFewerPairs(long count, ServedDataset? before) =>
        Refuse(count, before?.Dataset.Count ?? 0, static (left, pairs) => $"{left} pairs are {Percentage(left, pairs)} less than the {pairs} of before");

    /// <summary>Compares lengths: the little that can be known without loading.</summary>
    /// <param name="length">The length of the text in the files.</param>
    /// <param name="current">What is served.</param>
    /// <exception cref="ReloadRefusedException">They are too short.</exception>
    public void RefuseShorterText(long length, ServedDataset current) => Refuse(
        length, current.TextLength, static (left, bytes) => $"{left} bytes of text are {Percentage(left, bytes)} less than the {bytes} of before");

    private void Refuse(long left, long before, Func<long, long, string> say)
    {
        if (left < before * (1 - maxShrink))
        {
            throw new ReloadRefusedException($"{name}: {say(left, before)}; see --max-shrink to allow that");
        }
    }

    /// <summary>How much is lost, down to tenths: what is left of a great many pairs must not read as 100%.</summary>
    private static string Percentage(long left, long before) => $"{1000 * (before - left) / before / 10.0:0.#}%";
}
