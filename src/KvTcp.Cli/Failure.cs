using System.Net.Sockets;
using System.Reflection;
using KvTcp.Redis;
using KvTcp.Server;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>The one place that decides which exception means which exit code and which line on standard error.</summary>
/// <param name="ExitCode">One of <see cref="Cli.ExitCode"/>.</param>
/// <param name="Message">One line without the leading name of the program; null to end without a word.</param>
internal readonly record struct Failure(int ExitCode, string? Message)
{
    /// <summary>Decides.</summary>
    /// <param name="exception">What ended the command.</param>
    public static Failure Of(Exception exception) => exception switch
    {
        CommandException e => new(e.ExitCode, e.Message),
        BrokenOutputException => new(Cli.ExitCode.Success, null),
        CredentialException e => new(e.IsUnreadable ? Cli.ExitCode.NoInput : Cli.ExitCode.BadData, e.Message),
        ListenException e => new(Cli.ExitCode.Unavailable, e.Message),
        SourceUnavailableException e => new(
            e.IsMissing ? Cli.ExitCode.NoInput : Cli.ExitCode.Unavailable, $"{e.Message}; check the URL, and whether it can be reached from here"),
        RedisException e => new(Cli.ExitCode.Unavailable, e.Message),
        PlatformNotSupportedException e => new(Cli.ExitCode.Unavailable, e.Message),
        DataFileException e => new(Cli.ExitCode.BadData, e.Message + Hint(e.Report)),
        _ when UnloadedPart(exception) is string part => new(
            Cli.ExitCode.InputOutput, $"a part of the program, {part}, cannot be loaded; are too few open files allowed (`ulimit -n`), or is the part missing?"),
        FileNotFoundException or DirectoryNotFoundException => new(Cli.ExitCode.NoInput, exception.Message),
        UnauthorizedAccessException e => new(Cli.ExitCode.NoInput, $"{e.Message.TrimEnd('.')}; check its permissions"),
        SocketException => new(Cli.ExitCode.Unavailable, exception.Message),
        IOException e => new(Cli.ExitCode.InputOutput, e.Message),
        OutOfMemoryException or TypeInitializationException { InnerException: OutOfMemoryException } => new(
            Cli.ExitCode.InputOutput, "the system grants no more memory, threads or open files; `kvtcp check` tells what a data file needs"),
        _ => new(
            Cli.ExitCode.Bug,
            $"internal error: {exception.GetType().Name}: {exception.Message}; " +
            "run with --verbose for the stack trace, and please report it"),
    };

    /// <summary>Shows an exception on standard error.</summary>
    /// <param name="exception">What ended the command.</param>
    /// <param name="verbose">Whether to add the stack trace.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="program">What the line begins with.</param>
    /// <returns>The exit code.</returns>
    public static int Report(Exception exception, bool verbose, TextWriter error, string program = "kvtcp")
    {
        Failure failure = Of(exception);
        if (failure.Message is not null)
        {
            error.WriteLine(JournalStream.Error + OneLine($"{program}: {failure.Message}"));
            if (verbose)
            {
                error.WriteLine(JournalStream.Error + exception.ToString().ReplaceLineEndings("\n" + JournalStream.Error));
            }
        }

        return failure.ExitCode;
    }

    /// <summary>The library that cannot be loaded; null when the exception tells of something else, such as a data file that is missing.</summary>
    private static string? UnloadedPart(Exception exception) => exception switch
    {
        FileNotFoundException { FileName: string name } when name.Contains(", Version=", StringComparison.Ordinal) => name.Split(',')[0],
        FileLoadException e => e.FileName?.Split(',')[0] ?? e.Message,
        BadImageFormatException e => e.FileName?.Split(',')[0] ?? e.Message,
        DllNotFoundException e => e.Message.Split('\'') is [_, string name, ..] ? name : e.Message,
        TypeInitializationException or TargetInvocationException when exception.InnerException is Exception inner => UnloadedPart(inner),
        _ => null,
    };

    /// <summary>What helps depends on what stopped the load; no option mends damaged gzip.</summary>
    private static string Hint(LoadReport report) => report switch
    {
        { Duplicates: > 0 } => "; mend the data, or see --duplicates",
        { BadLines: > 0 } => "; mend the data, or see --on-bad-line",
        _ => "",
    };

    /// <summary>File names and system messages may hold line breaks and terminal escapes.</summary>
    private static string OneLine(string text) => WithoutControls(
        string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));

    private static string WithoutControls(string text) =>
        string.Create(text.Length, text, static (line, source) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(source[i]) ? '?' : source[i];
            }
        });
}
