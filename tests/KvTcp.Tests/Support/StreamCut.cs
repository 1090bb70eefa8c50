namespace KvTcp.Tests.Support;

/// <summary>Ways to cut a stream of bytes into pieces.</summary>
internal static class StreamCut
{
    /// <summary>In two, at every offset, both ends included.</summary>
    public static IEnumerable<byte[][]> InTwo(byte[] stream) =>
        Enumerable.Range(0, stream.Length + 1).Select(offset => new[] { stream[..offset], stream[offset..] });

    /// <summary>Pieces of one size; the last is shorter.</summary>
    public static byte[][] Every(byte[] stream, int size) => [.. stream.Chunk(size)];

    /// <summary>Pieces of random sizes.</summary>
    public static byte[][] AtRandom(byte[] stream, int seed, int largest)
    {
        Random random = new(seed);
        List<byte[]> pieces = [];
        for (int start = 0; start < stream.Length;)
        {
            int length = Math.Min(stream.Length - start, random.Next(0, largest + 1));
            pieces.Add(stream[start..(start + length)]);
            start += length;
        }

        return [.. pieces];
    }
}
