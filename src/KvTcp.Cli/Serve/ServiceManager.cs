using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using KvTcp.Server;
using Microsoft.Extensions.Logging;

namespace KvTcp.Cli;

/// <summary>
/// Tells systemd, or whoever else has set NOTIFY_SOCKET, what the server is doing: the protocol of sd_notify(3). Without NOTIFY_SOCKET nobody is
/// told. Thread-safe: what is told keeps its order.
/// </summary>
internal sealed class ServiceManager : IDisposable
{
    public const string EnvironmentName = "NOTIFY_SOCKET";

    /// <summary>How long a manager may not read what it has been told before; reloads wait for it.</summary>
    private const int SendMilliseconds = 1_000;

    private readonly Lock _lock = new();
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _endPoint;
    private readonly ILogger _logger;
    private bool _isReady;
    private bool _isReloading;
    private bool _isStopping;

    /// <summary>Opens a socket; one that cannot be used is logged, and changes nothing else.</summary>
    /// <param name="address">NOTIFY_SOCKET: a path, or behind an @ a name of Linux's abstract namespace; null or empty for nobody.</param>
    /// <param name="logger">Hears when telling fails, which changes nothing else.</param>
    public ServiceManager(string? address, ILogger logger)
    {
        _logger = logger;
        if (address is not { Length: > 0 })
        {
            return;
        }

        try
        {
            _endPoint = new UnixDomainSocketEndPoint(address[0] == '@' ? "\0" + address[1..] : address);
            _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = SendMilliseconds };
        }
        catch (ArgumentException)
        {
            _logger.CannotNotify(EnvironmentName, "the address is longer than that of a Unix socket may be");
        }
        catch (SocketException e)
        {
            _logger.CannotNotify(EnvironmentName, e.Message);
        }
    }

    /// <summary>The one of this process.</summary>
    /// <param name="logger">Hears when telling fails.</param>
    public static ServiceManager OfProcess(ILogger logger) => new(Environment.GetEnvironmentVariable(EnvironmentName), logger);

    /// <summary>Says that the data is being loaded.</summary>
    public void Loading() => Tell("STATUS=Loading the data");

    /// <summary>Says that the server answers.</summary>
    public void Ready()
    {
        lock (_lock)
        {
            _isReady = true;
            Tell("READY=1\nSTATUS=Serving");
        }
    }

    /// <summary>Says that a reload has begun, and how it, or a rollback, has ended.</summary>
    /// <param name="state">What the server tells of reloads.</param>
    public void Reloads(ReloadState state)
    {
        lock (_lock)
        {
            // A reload may begin before the server is ready, and end while it stops: neither makes it ready.
            if (!_isReady || _isStopping)
            {
                return;
            }

            if (state.IsRunning)
            {
                _isReloading = true;
                Tell($"RELOADING=1\nMONOTONIC_USEC={(long)Stopwatch.GetElapsedTime(0).TotalMicroseconds}\nSTATUS=Reloading the data");
                return;
            }

            Tell((_isReloading ? "READY=1\n" : "") + "STATUS=Serving" + Told(state.Last));
            _isReloading = false;
        }
    }

    /// <summary>Says that the server is about to end; nothing is told after that.</summary>
    public void Stopping()
    {
        lock (_lock)
        {
            _isStopping = true;
            Tell("STOPPING=1\nSTATUS=Answering what has been read");
        }
    }

    public void Dispose() => _socket?.Dispose();

    private static string Told(ReloadOutcome? last) => last switch
    {
        null => "",
        { Error: null } => $"; {last.Reason}",
        _ => $"; the last reload was refused: {last.Reason}",
    };

    private void Tell(string state)
    {
        try
        {
            _socket?.SendTo(Encoding.UTF8.GetBytes(state), _endPoint!);
        }
        catch (SocketException e)
        {
            _logger.CannotNotify(EnvironmentName, e.Message);
        }
    }
}
