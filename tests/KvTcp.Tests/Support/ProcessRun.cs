using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using NUnit.Framework;

namespace KvTcp.Tests.Support;

/// <summary>A program that runs beside the test, with its standard streams. Killed when disposed.</summary>
internal sealed partial class ProcessRun : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _seenError = new();

    private ProcessRun(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    public Stream Input => _process.StandardInput.BaseStream;

    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>Starts a program, without any setting of the caller's environment.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="directory">Its current directory; the temporary one if none is given.</param>
    /// <param name="environment">Variables to set.</param>
    public static ProcessRun Start(
        string program, IEnumerable<string> arguments, string? directory = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = directory ?? Path.GetTempPath(),
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(static name => name.StartsWith("KV", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        // The default address of HTTP is one for all, and other programs like it too.
        start.Environment["KVTCP_HTTP"] = "off";
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        return new ProcessRun(Process.Start(start)!);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="directory">Its current directory; the temporary one if none is given.</param>
    /// <param name="environment">Variables to set.</param>
    /// <param name="patience">How long it may take, if more than usual.</param>
    public static async Task<ProcessResult> RunAsync(
        string program,
        IEnumerable<string> arguments,
        byte[]? input = null,
        string? directory = null,
        IReadOnlyDictionary<string, string>? environment = null,
        TimeSpan? patience = null)
    {
        using ProcessRun run = Start(program, arguments, directory, environment);
        Task write = run.FeedAsync(input ?? []);
        ProcessResult result = await run.EndAsync(patience);
        await write;
        return result;
    }

    /// <summary>Reads standard error up to a line that contains a text.</summary>
    /// <param name="text">The text.</param>
    public async Task<string> WaitForErrorLineAsync(string text)
    {
        using CancellationTokenSource timeout = new(Patience);
        while (await _process.StandardError.ReadLineAsync(timeout.Token) is string line)
        {
            _seenError.Append(line).Append('\n');
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new AssertionException($"The program ended without the line '{text}':\n{_seenError}");
    }

    /// <summary>Sends a signal.</summary>
    /// <param name="signal">Its number.</param>
    public void Signal(int signal) => Assert.That(SystemKill(_process.Id, signal), Is.Zero, "kill failed");

    /// <summary>The memory that the program holds now, without the files that it has mapped.</summary>
    public long AnonymousBytes()
    {
        // "RssAnon:     12345 kB", proc_pid_status(5)
        string line = File.ReadLines($"/proc/{_process.Id}/status").First(static line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }

    /// <summary>The processor time that the program has used so far.</summary>
    public TimeSpan ProcessorTime()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    /// <summary>Closes standard input.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Waits for the end and gathers what was written and not yet read.</summary>
    /// <param name="patience">How long that may take, if more than usual.</param>
    public async Task<ProcessResult> EndAsync(TimeSpan? patience = null)
    {
        TimeSpan limit = patience ?? Patience;
        using CancellationTokenSource timeout = new(limit);
        try
        {
            using MemoryStream output = new();
            Task copy = Output.CopyToAsync(output, timeout.Token);
            string error = await _process.StandardError.ReadToEndAsync(timeout.Token);
            await copy;
            await _process.WaitForExitAsync(timeout.Token);
            return new ProcessResult(_process.ExitCode, output.ToArray(), _seenError + error);
        }
        catch (OperationCanceledException e)
        {
            throw new AssertionException($"The program has not ended for {limit.TotalSeconds} s; it said:\n{_seenError}", e);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private async Task FeedAsync(byte[] input)
    {
        try
        {
            await Input.WriteAsync(input);
            EndInput();
        }
        catch (IOException)
        {
            // The program ended without reading all of it, which is for the test to judge by its result.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int SystemKill(int process, int signal);
}
