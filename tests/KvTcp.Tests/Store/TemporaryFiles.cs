using System.IO.Compression;

namespace KvTcp.Tests.Store;

/// <summary>A directory of files for one test, removed with it.</summary>
internal sealed class TemporaryFiles : IDisposable
{
    private int _count;

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("kvtcp-test-").FullName;

    public string Write(byte[] content, string? name = null)
    {
        string path = Path.Combine(Directory, name ?? $"{_count++}.data");
        File.WriteAllBytes(path, content);
        return path;
    }

    public static byte[] Gzip(byte[] content)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return stream.ToArray();
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
