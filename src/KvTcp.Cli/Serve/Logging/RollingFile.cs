using Serilog;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;
using Serilog.Formatting;

namespace KvTcp.Cli;

/// <summary>
/// Lines in a file that is followed by another when it is full: <c>kvtcp.log</c>, <c>kvtcp_001.log</c>, <c>kvtcp_002.log</c>; the oldest ones are
/// removed. For one thread, and one file a process.
/// </summary>
internal sealed class RollingFile : IDisposable
{
    private readonly string _path;
    private readonly int _size;
    private readonly int _count;
    private Logger? _files;
    private string? _failure;
    private bool _isAfterFailure;

    /// <summary>Prepares to write; the first line opens the file, and goes behind what is there.</summary>
    /// <param name="path">The first file.</param>
    /// <param name="size">How long a file may become; the line that exceeds it is its last.</param>
    /// <param name="count">How many files to keep.</param>
    public RollingFile(string path, int size, int count)
    {
        _path = path;
        _size = size;
        _count = count;

        // The library tells of failures here and nowhere else.
        SelfLog.Enable(Hear);
    }

    /// <summary>What keeps an old file from being removed, as far as the last line has shown; null when nothing does.</summary>
    public string? Leftover { get; private set; }

    /// <summary>Writes.</summary>
    /// <param name="line">One or more whole lines.</param>
    /// <returns>What is wrong when they could not be written; null when all is well.</returns>
    public string? Write(string line)
    {
        _failure = null;
        Leftover = null;
        _files ??= Open();

        // A full disk may have cut the last line short.
        Emit(_isAfterFailure ? "\n" + line : line);
        _isAfterFailure = _failure is not null;
        if (_isAfterFailure)
        {
            // Having failed to begin a file, the library would not try again for half an hour.
            Dispose();
        }

        return _failure;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        try
        {
            _files?.Dispose();
        }
        catch (IOException e)
        {
            // What was not written before cannot be written now.
            _failure ??= e.Message;
        }

        _files = null;
    }

    private Logger Open() => new LoggerConfiguration()
        .MinimumLevel.Verbose()
        .WriteTo.File(
            new PlainText(),
            _path,
            fileSizeLimitBytes: _size,
            rollOnFileSizeLimit: true,
            rollingInterval: RollingInterval.Infinite,
            retainedFileCountLimit: _count)
        .CreateLogger();

    private void Hear(string message)
    {
        if (message.Contains("processing obsolete log file", StringComparison.Ordinal))
        {
            // The line is written all the same. Only the text of the message tells that; a test would notice another one.
            Leftover ??= FirstLine(message);
        }
        else
        {
            // The first of several is the cause: what follows from it may fail for another reason.
            _failure ??= FirstLine(message);
        }
    }

    private void Emit(string text) =>
        _files!.Write(new LogEvent(DateTimeOffset.UtcNow, LogEventLevel.Information, exception: null, new MessageTemplate(text, []), []));

    /// <summary>The reason within <c>TIME Caught exception while ... SINK: System.IO.IOException: REASON : 'FILE'</c> and a stack trace.</summary>
    private static string FirstLine(string message)
    {
        const string Before = "Exception: ";
        string line = message.Split('\n', 2)[0];
        int start = line.IndexOf(Before, StringComparison.Ordinal);
        return start < 0 ? line : line[(start + Before.Length)..];
    }

    /// <summary>The lines are ready when they come here.</summary>
    private sealed class PlainText : ITextFormatter
    {
        public void Format(LogEvent logEvent, TextWriter output) => output.Write(logEvent.MessageTemplate.Text);
    }
}
