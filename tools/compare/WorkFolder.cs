using KvTcp.Store;

namespace KvTcp.Compare;

/// <summary>A temporary folder with data files, removed when disposed, and at the latest when the program ends.</summary>
internal sealed class WorkFolder : IDisposable
{
    private readonly Lock _removing = new();

    public WorkFolder() => AppDomain.CurrentDomain.ProcessExit += Remove;

    /// <summary>The folder.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("kvtcp-compare-").FullName;

    /// <summary>Generates a data file; equal numbers of pairs give equal files.</summary>
    /// <returns>Its path.</returns>
    public async Task<string> GenerateAsync(long pairs, CancellationToken cancellation)
    {
        string path = Path.Combine(Root, $"{pairs}.data");
        await using FileStream file = File.Create(path, bufferSize: 1);
        await Task.Run(() => DataFileGenerator.Write(file, pairs, cancellationToken: cancellation), cancellation);
        return path;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= Remove;
        Remove(null, EventArgs.Empty);
    }

    /// <summary>The program may end while another thread disposes this.</summary>
    private void Remove(object? sender, EventArgs e)
    {
        lock (_removing)
        {
            if (Directory.Exists(Root))
            {
                Directory.Delete(Root, recursive: true);
            }
        }
    }
}
