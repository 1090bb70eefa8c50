using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace KvTcp.Cli;

/// <summary>
/// Writes a server's log to a file, in lines of text with their time or in JSON. Those who log never wait for the disk; what it does not
/// take is lost, and standard error tells so. Thread-safe.
/// </summary>
internal sealed class LogFile : ILoggerProvider
{
    /// <summary>How many messages may wait for the disk.</summary>
    private const int LongestQueue = 1024;

    private const int RetryMilliseconds = 1_000;
    private const int TellMilliseconds = 60_000;
    private const int EndMilliseconds = 2_000;

    private readonly RollingFile _file;
    private readonly ConsoleFormatter _formatter;
    private readonly BlockingCollection<string> _queue = new(LongestQueue);
    private readonly Thread _writer;
    private long _lost;
    private long _retryAt = long.MinValue;
    private long _tellAt = long.MinValue;

    /// <summary>Begins to write.</summary>
    /// <param name="file">Where; it is disposed with this.</param>
    /// <param name="formatter">Makes lines of messages.</param>
    public LogFile(RollingFile file, ConsoleFormatter formatter)
    {
        _file = file;
        _formatter = formatter;
        _writer = new Thread(WriteQueued) { IsBackground = true, Name = "log file" };
        _writer.Start();
    }

    /// <summary>Looks whether a file can be written, which the first line would find out too late.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CommandException">It cannot.</exception>
    public static void Check(string path)
    {
        bool isThere = File.Exists(path);
        try
        {
            using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            if (!file.CanSeek)
            {
                throw new IOException("it is no regular file");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string reason = Directory.Exists(path) ? "it is a directory" : e.Message.TrimEnd('.');
            throw new CommandException(
                ExitCode.InputOutput, $"the log file {path} cannot be written: {reason}; see {KnownLogSettings.File.Option.Name}", e);
        }

        if (!isThere)
        {
            // Writing may go on in a later file, see RollingFile.
            File.Delete(path);
        }
    }

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    /// <summary>Writes what waits, and closes the file.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();

        // A disk, or a reader of standard error, that stands still must not keep the server from ending.
        if (_writer.Join(EndMilliseconds))
        {
            _file.Dispose();
            _queue.Dispose();
        }
    }

    private void Enqueue(string line)
    {
        try
        {
            if (_queue.TryAdd(line))
            {
                return;
            }
        }
        catch (InvalidOperationException)
        {
            // The file is closed, while somebody still logs.
        }

        Interlocked.Increment(ref _lost);
    }

    private void WriteQueued()
    {
        foreach (string line in _queue.GetConsumingEnumerable())
        {
            Write(line);
        }

        // Here, not in Dispose: a reader of standard error that stands still must not hold up the end.
        if (Interlocked.Exchange(ref _lost, 0) is > 0 and long lost)
        {
            Tell($"{Messages(lost)} missing in the log file, which is closed");
        }
    }

    private void Write(string line)
    {
        long now = Environment.TickCount64;
        string? failure = now < _retryAt ? "" : _file.Write(line);
        if (failure is null)
        {
            if (Interlocked.Exchange(ref _lost, 0) is > 0 and long lost)
            {
                Tell($"{Messages(lost)} missing in the log file, which is written again");
                _tellAt = long.MinValue;
            }

            if (_file.Leftover is string leftover)
            {
                Tell($"an old log file cannot be removed: {leftover}");
            }

            return;
        }

        long count = Interlocked.Increment(ref _lost);
        if (failure.Length > 0)
        {
            _retryAt = now + RetryMilliseconds;
            if (now >= _tellAt)
            {
                _tellAt = now + TellMilliseconds;
                Tell($"the log file cannot be written, and {Messages(count)} lost so far: {failure}");
            }
        }
    }

    private static string Messages(long count) => count == 1 ? "1 message is" : $"{count} messages are";

    private static void Tell(string text)
    {
        try
        {
            Console.Error.WriteLine($"{JournalStream.Warning}kvtcp: {text}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // Both are lost, the log and whom to tell; the server goes on. A standard error that is closed counts as one without permission.
        }
    }

    private sealed class Category(LogFile file, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            LogEntry<TState> entry = new(logLevel, name, eventId, state, exception, formatter);
            using StringWriter line = new(CultureInfo.InvariantCulture);
            file._formatter.Write(in entry, scopeProvider: null, line);
            file.Enqueue(line.ToString());
        }
    }
}
