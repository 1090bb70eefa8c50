using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace KvTcp.Tests.Support;

/// <summary>Keeps what the server and Kestrel log.</summary>
internal sealed class RecordedLog : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _entries = [];

    public IEnumerable<string> Errors => Texts(LogLevel.Error);

    public IEnumerable<string> Texts(LogLevel level) => _entries.Where(entry => entry.Level >= level).Select(static entry => entry.Text);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _entries.Enqueue((logLevel, $"{formatter(state, exception)} {exception}".TrimEnd()));
        }
    }
}
