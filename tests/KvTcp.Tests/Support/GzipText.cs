using System.IO.Compression;

namespace KvTcp.Tests.Support;

/// <summary>Compresses texts for tests.</summary>
internal static class GzipText
{
    public static byte[] Of(byte[] text)
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Fastest))
        {
            gzip.Write(text);
        }

        return stream.ToArray();
    }
}
