using System.Diagnostics;
using System.Text;

namespace KvTcp.Tests.Support;

/// <summary>A program that people talk to the server with, driven through its standard streams.</summary>
internal sealed class TerminalProgram : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _shown = new();

    private TerminalProgram(Process process)
    {
        _process = process;
    }

    /// <summary>What it has shown so far.</summary>
    public string Shown => _shown.ToString();

    /// <summary>Starts a program; one that is missing fails the test.</summary>
    public static TerminalProgram Start(string path, params string[] arguments)
    {
        ProcessStartInfo start = new(path, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = Encoding.Latin1,
            StandardOutputEncoding = Encoding.Latin1,
        };
        return new TerminalProgram(Process.Start(start)!);
    }

    public async Task TypeAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
    }

    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Reads until a text has been shown.</summary>
    public async Task WaitForAsync(string text)
    {
        while (!Shown.Contains(text, StringComparison.Ordinal))
        {
            if (!await ReadAsync())
            {
                throw new EndOfStreamException($"The program ended without '{text}': {Shown}");
            }
        }
    }

    /// <summary>Reads what it shows next.</summary>
    public async Task ReadMoreAsync()
    {
        if (!await ReadAsync())
        {
            throw new EndOfStreamException($"The program ended: {Shown}");
        }
    }

    /// <summary>Reads until the program ends.</summary>
    /// <returns>All that it has shown.</returns>
    public async Task<string> WaitForEndAsync()
    {
        while (await ReadAsync())
        {
        }

        await _process.WaitForExitAsync().WaitAsync(Patience.Limit);
        return Shown;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private async Task<bool> ReadAsync()
    {
        char[] buffer = new char[4096];
        int count = await _process.StandardOutput.ReadAsync(buffer).AsTask().WaitAsync(Patience.Limit);
        _shown.Append(buffer, 0, count);
        return count > 0;
    }
}
