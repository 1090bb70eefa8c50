using KvTcp.Protocol;

namespace KvTcp.LoadGen;

/// <summary>Finds the lines of a data file. Stateless.</summary>
internal static unsafe class KeyFileLines
{
    /// <summary>Where each pair begins.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="length">Its length.</param>
    /// <param name="path">Its name, for errors.</param>
    /// <exception cref="InvalidDataException">There is no pair, or a line is none.</exception>
    public static long[] Find(byte* bytes, long length, string path)
    {
        ReadOnlySpan<byte> front = new(bytes, (int)Math.Min(length, 4));
        if (front.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]))
        {
            throw new InvalidDataException($"{path} is compressed; unpack it first, the load generator maps the file as it is");
        }

        long position = front.StartsWith((ReadOnlySpan<byte>)[0xef, 0xbb, 0xbf]) ? 3 : 0;
        long number = 0;
        int count = 0;
        long[] lines = new long[Math.Clamp(length / 64, 16, 1 << 20)];
        for (; position < length; number++)
        {
            ReadOnlySpan<byte> rest = new(bytes + position, (int)Math.Min(length - position, int.MaxValue));
            int end = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
            if (line.Length > UuidText.Length && line[UuidText.Length] == ' ' && UuidText.TryParse(line[..UuidText.Length], out _))
            {
                if (count == lines.Length)
                {
                    Array.Resize(ref lines, (int)Math.Min(2L * count, Array.MaxLength));
                }

                lines[count++] = position;
            }
            else if (line is not ([] or [(byte)'\r']))
            {
                throw new InvalidDataException($"{path}:{number + 1}: the line does not start with a UUID and a space; `kvtcp check` tells more");
            }

            position += line.Length + 1;
        }

        Array.Resize(ref lines, count);
        return count > 0 ? lines : throw WithoutKeys(path);
    }

    /// <summary>What is thrown for a file without pairs.</summary>
    /// <param name="path">Its name.</param>
    public static InvalidDataException WithoutKeys(string path) => new($"{path} holds no key to ask for");
}
