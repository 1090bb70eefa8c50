using System.Buffers.Binary;
using KvTcp.Protocol;

namespace KvTcp.Store;

/// <summary>Generates random pairs; each can be derived again from the seed and its index alone.</summary>
/// <remarks>Keys are version 4 UUIDs, values printable ASCII without spaces. Every member is thread-safe.</remarks>
public static class DataFileGenerator
{
    /// <summary>The default of the shortest value, in bytes.</summary>
    public const int DefaultMinValueLength = 10;

    /// <summary>The default of the longest value, in bytes.</summary>
    public const int DefaultMaxValueLength = 70;

    private const int BufferLength = 1 << 20;

    // The increment of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    /// <summary>Writes a data file: <paramref name="count"/> lines, indexes 0 and up, in that order.</summary>
    /// <param name="destination">Receives the lines; it is neither flushed nor disposed.</param>
    /// <param name="count">How many lines.</param>
    /// <param name="seed">Decides all keys and values.</param>
    /// <param name="minValueLength">The shortest value, in bytes.</param>
    /// <param name="maxValueLength">The longest value, in bytes; lengths are spread evenly.</param>
    /// <param name="progress">Is told now and then how many lines are written.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A negative count, or value lengths outside 0 to <see cref="DataFileOptions.LargestMaxValueLength"/> or crossed.
    /// </exception>
    public static void Write(
        Stream destination,
        long count,
        int seed = 1,
        int minValueLength = DefaultMinValueLength,
        int maxValueLength = DefaultMaxValueLength,
        IProgress<long>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        CheckLengths(minValueLength, maxValueLength);
        byte[] buffer = new byte[BufferLength + UuidText.Length + 2 + maxValueLength];
        int used = 0;
        for (long index = 0; index < count; index++)
        {
            UuidText.Format(KeyAt(seed, index), buffer.AsSpan(used));
            buffer[used + UuidText.Length] = (byte)' ';
            used += UuidText.Length + 1;
            used += ValueAt(seed, index, buffer.AsSpan(used), minValueLength, maxValueLength);
            buffer[used++] = (byte)'\n';
            if (used >= BufferLength)
            {
                cancellationToken.ThrowIfCancellationRequested();
                destination.Write(buffer, 0, used);
                used = 0;
                progress?.Report(index + 1);
            }
        }

        destination.Write(buffer, 0, used);
        progress?.Report(count);
    }

    /// <summary>The key of one line.</summary>
    /// <param name="seed">The seed of the file.</param>
    /// <param name="index">The line's index, from 0.</param>
    /// <returns>A version 4 UUID.</returns>
    public static Guid KeyAt(int seed, long index)
    {
        ulong state = StateAt(seed, index);
        ulong first = Mix(state + Gamma);
        ulong second = Mix(state + unchecked(2 * Gamma));
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (first & ~0xF000UL) | 0x4000UL);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], (second >> 2) | (1UL << 63));
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The value of one line.</summary>
    /// <param name="seed">The seed of the file.</param>
    /// <param name="index">The line's index, from 0.</param>
    /// <param name="destination">Receives the value; at least <paramref name="maxValueLength"/> bytes are always enough.</param>
    /// <param name="minValueLength">The shortest value of the file.</param>
    /// <param name="maxValueLength">The longest value of the file.</param>
    /// <returns>The length of the value.</returns>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than the value.</exception>
    public static int ValueAt(
        int seed,
        long index,
        Span<byte> destination,
        int minValueLength = DefaultMinValueLength,
        int maxValueLength = DefaultMaxValueLength)
    {
        CheckLengths(minValueLength, maxValueLength);
        ulong state = Mix(StateAt(seed, index) + unchecked(3 * Gamma));
        int length = minValueLength + (int)Math.BigMul(state, (ulong)(maxValueLength - minValueLength + 1), out _);
        if (destination.Length < length)
        {
            throw new ArgumentException($"The value needs {length} bytes.", nameof(destination));
        }

        // Six random bits a character, moved to '0' and up: digits, both cases and some punctuation.
        Span<byte> rest = destination[..length];
        while (rest.Length >= sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(rest, Characters(state += Gamma));
            rest = rest[sizeof(ulong)..];
        }

        for (ulong last = Characters(state + Gamma); !rest.IsEmpty; last >>= 8)
        {
            rest[0] = (byte)last;
            rest = rest[1..];
        }

        return length;
    }

    private static ulong Characters(ulong state) => (Mix(state) & 0x3F3F3F3F3F3F3F3F) + 0x3030303030303030;

    private static ulong StateAt(int seed, long index) => Mix(((ulong)(uint)seed << 32) + Gamma) + ((ulong)index * 0xD1342543DE82EF95);

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private static void CheckLengths(int minValueLength, int maxValueLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minValueLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxValueLength, DataFileOptions.LargestMaxValueLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxValueLength, minValueLength);
    }
}
