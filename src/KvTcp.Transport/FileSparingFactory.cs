using System.Net;
using System.Runtime.Versioning;
using KvTcp.Transport.Linux;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace KvTcp.Transport;

/// <summary>
/// Lets another transport accept only while files are left for others, as the loops do by themselves: without any, .NET ends the process as
/// soon as it needs one, for a thread or an assembly. Clients wait in the backlog meanwhile. Thread-safe.
/// </summary>
/// <param name="inner">The transport.</param>
/// <param name="loggers">Hears when files have run out, once a minute at most.</param>
[SupportedOSPlatform("linux")]
public sealed class FileSparingFactory(IConnectionListenerFactory inner, ILoggerFactory loggers) : IConnectionListenerFactory
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = loggers.CreateLogger<FileSparingFactory>();
    private readonly int _highestFile = FileLimit.HighestForConnections();
    private long _quietUntil;

    /// <summary>Binds an end point, as the other transport does.</summary>
    /// <param name="endpoint">What it takes.</param>
    /// <param name="cancellationToken">What it makes of it.</param>
    /// <returns>The listener.</returns>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(this, await inner.BindAsync(endpoint, cancellationToken));

    private bool HasFiles(SafeFileHandle any)
    {
        if (FileLimit.LowestFree((int)any.DangerousGetHandle()) is int free and >= 0 && free < _highestFile)
        {
            return true;
        }

        long now = Environment.TickCount64;
        if (now >= Volatile.Read(ref _quietUntil))
        {
            Volatile.Write(ref _quietUntil, now + (long)Quiet.TotalMilliseconds);
            TransportLog.UnexpectedError(_logger, "accept", Errno.TooManyFiles, Errno.Text(Errno.TooManyFiles));
        }

        return false;
    }

    private sealed class Listener(FileSparingFactory factory, IConnectionListener inner) : IConnectionListener
    {
        private readonly CancellationTokenSource _unbound = new();

        // What is free is found with the help of a file that is open.
        private readonly SafeFileHandle _any = File.OpenHandle("/dev/null");

        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (!_unbound.IsCancellationRequested && !factory.HasFiles(_any))
            {
                await Task.Delay(Pause, _unbound.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return await inner.AcceptAsync(cancellationToken);
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await _unbound.CancelAsync();
            await inner.UnbindAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            _any.Dispose();
            _unbound.Dispose();
        }
    }
}
