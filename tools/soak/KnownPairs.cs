using System.Text;
using KvTcp.Fuzz;

namespace KvTcp.Soak;

/// <summary>
/// The pairs that a server is given, in any number of generations: the keys stay, each generation has other values, and lacks other keys.
/// So a reply tells which generation it is from, a miss too. Immutable.
/// </summary>
internal sealed class KnownPairs
{
    /// <summary>The key whose value is long; no generation lacks it.</summary>
    public const int Long = 0;

    private const int LongLength = 60_000;

    private readonly Guid[] _keys;

    /// <summary>Makes keys.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Equal seeds, equal keys.</param>
    public KnownPairs(int count, ulong seed)
    {
        InputRandom random = new(seed);
        _keys = [.. Enumerable.Range(0, count).Select(_ => random.Uuid())];
    }

    /// <summary>How many keys there are.</summary>
    public int Count => _keys.Length;

    /// <summary>A key.</summary>
    public Guid Key(int index) => _keys[index];

    /// <summary>Draws keys, of values that are short.</summary>
    public int[] Draw(InputRandom random, int count) => [.. Enumerable.Range(0, count).Select(_ => 1 + random.Below(Count - 1))];

    /// <summary>The value of a key in a generation; null when that lacks it.</summary>
    public string? Value(int index, int generation) => index switch
    {
        Long => $"{generation} {new string('v', LongLength)}",
        _ when (index + generation) % 16 == 0 => null,
        _ => $"{generation} {_keys[index]:N} {new string('v', index % 64)}",
    };

    /// <summary>Writes a generation as a data file, in place of what the file was, as an operator publishes one.</summary>
    public void Publish(string path, int generation)
    {
        string partial = $"{path}.new";
        using (StreamWriter file = new(partial, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
        {
            for (int index = 0; index < Count; index++)
            {
                if (Value(index, generation) is string value)
                {
                    file.Write($"{_keys[index]} {value}\n");
                }
            }
        }

        File.Move(partial, path, overwrite: true);
    }
}
