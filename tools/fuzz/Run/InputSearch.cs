using System.Runtime.InteropServices;

namespace KvTcp.Fuzz;

/// <summary>Makes, checks and shortens inputs of one target. Not thread-safe.</summary>
/// <param name="name">The name of the target.</param>
/// <param name="target">The target.</param>
internal sealed class InputSearch(string name, FuzzTarget target)
{
    // A failure may depend on where the input is cut, which another length changes.
    private const int Cuts = 50;

    private readonly List<byte> _input = [];
    private readonly InputRandom _random = new(0);

    /// <summary>Makes the input of a seed and checks it.</summary>
    /// <returns>What was found, or null.</returns>
    public Finding? Try(ulong seed)
    {
        ReadOnlySpan<byte> input = Make(seed);
        return FailureOf(input) is string what ? Shorten(new Finding(name, seed, input.ToArray(), what)) : null;
    }

    /// <summary>The input of a seed.</summary>
    public ReadOnlySpan<byte> Make(ulong seed)
    {
        _random.Restart(seed);
        _input.Clear();
        target.Make(_input, _random);
        return CollectionsMarshal.AsSpan(_input);
    }

    /// <summary>Checks an input that was kept, cut in many ways.</summary>
    /// <returns>What was found, or null.</returns>
    public Finding? Replay(ReadOnlySpan<byte> input)
    {
        for (ulong cut = 0; cut < Cuts; cut++)
        {
            _random.Restart(cut);
            if (FailureOf(input) is string what)
            {
                return new Finding(name, null, input.ToArray(), what);
            }
        }

        return null;
    }

    private string? FailureOf(ReadOnlySpan<byte> input)
    {
        try
        {
            target.Check(input, _random);
            return null;
        }
#pragma warning disable CA1031 // Whatever a reader throws is what is looked for.
        catch (Exception exception)
        {
            return exception is FuzzException ? exception.Message : exception.ToString();
        }
#pragma warning restore CA1031
    }

    /// <summary>Leaves out more and more, as long as something still goes wrong.</summary>
    private Finding Shorten(Finding finding)
    {
        for (int length = finding.Input.Length / 2; length > 0; length /= 2)
        {
            for (int start = 0; start + length <= finding.Input.Length;)
            {
                byte[] shorter = [.. finding.Input.AsSpan(0, start), .. finding.Input.AsSpan(start + length)];
                if (Replay(shorter) is Finding found)
                {
                    finding = finding with { Input = shorter, What = found.What };
                }
                else
                {
                    start += length;
                }
            }
        }

        return finding;
    }
}
