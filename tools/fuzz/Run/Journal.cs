using System.IO.MemoryMappedFiles;

namespace KvTcp.Fuzz;

/// <summary>
/// Which input each thread is at, in a file that outlives the process: an input that ends it is known to the next one. The file goes when the run ends.
/// </summary>
internal sealed class Journal : IDisposable
{
    private const string Extension = ".running";

    private readonly string _path;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _seeds;

    /// <summary>Begins a journal.</summary>
    /// <param name="directory">Where; is created.</param>
    /// <param name="target">The name of the target.</param>
    /// <param name="threads">How many threads there are.</param>
    public Journal(string directory, string target, int threads)
    {
        Directory.CreateDirectory(directory);
        _path = Path.Combine(directory, target + Extension);
        long length = (long)threads * sizeof(ulong);
        _file = MemoryMappedFile.CreateFromFile(_path, FileMode.Create, mapName: null, length);
        _seeds = _file.CreateViewAccessor(0, length);
    }

    /// <summary>The journals of runs that did not end well: the target, and the seeds that its threads were at.</summary>
    public static IEnumerable<(string Target, ulong[] Seeds)> LeftIn(string directory) =>
        (Directory.Exists(directory) ? Directory.GetFiles(directory, "*" + Extension) : [])
        .Select(static path => (Path.GetFileNameWithoutExtension(path), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(File.ReadAllBytes(path)).ToArray()));

    /// <summary>Notes that a thread begins an input.</summary>
    public void Write(int thread, ulong seed) => _seeds.Write((long)thread * sizeof(ulong), seed);

    /// <summary>The input that a thread is at.</summary>
    public ulong Read(int thread) => _seeds.ReadUInt64((long)thread * sizeof(ulong));

    /// <inheritdoc/>
    public void Dispose()
    {
        _seeds.Dispose();
        _file.Dispose();
        File.Delete(_path);
    }
}
