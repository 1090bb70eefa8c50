using System.ComponentModel;
using System.Diagnostics;
using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>Runs programs to their end.</summary>
internal static class Subprocess
{
    /// <summary>Runs a program, and kills it when it is no longer wanted.</summary>
    /// <exception cref="CommandException">There is no such program.</exception>
    public static async Task<ProgramEnd> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DEBIAN_FRONTEND"] = "noninteractive" },
        };
        using Process process = Start(start);
        process.StandardInput.Close();
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync(cancellation);
            string output = await process.StandardOutput.ReadToEndAsync(cancellation);
            ProgramEnd end = new(0, output, await error);
            await process.WaitForExitAsync(cancellation);
            return end with { ExitCode = process.ExitCode };
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>The first line that a program writes to standard output.</summary>
    public static async Task<string> FirstLineAsync(string program, IEnumerable<string> arguments, CancellationToken cancellation) =>
        (await RunAsync(program, arguments, cancellation)).Output.Split('\n')[0].Trim();

    /// <summary>Starts a program.</summary>
    /// <exception cref="CommandException">There is no such program.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new CommandException(ExitCode.Unavailable, $"{start.FileName} cannot be run: {e.Message}", e);
        }
    }
}
