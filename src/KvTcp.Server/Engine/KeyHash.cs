using System.Runtime.InteropServices;

namespace KvTcp.Server.Engine;

/// <summary>Hashes keys with a seed of the process: <see cref="Guid"/>'s own hash is one that clients can make collide at will.</summary>
internal sealed class KeyHash : IEqualityComparer<Guid>
{
    /// <summary>The comparer.</summary>
    public static KeyHash Instance { get; } = new();

    /// <summary>The hash of a key.</summary>
    public static int Of(Guid key)
    {
        ReadOnlySpan<ulong> halves = MemoryMarshal.Cast<Guid, ulong>(new ReadOnlySpan<Guid>(in key));
        return HashCode.Combine(halves[0], halves[1]);
    }

    public bool Equals(Guid x, Guid y) => x == y;

    public int GetHashCode(Guid obj) => Of(obj);
}
