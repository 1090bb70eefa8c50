using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace KvTcp.Cli;

/// <summary>
/// Tells systemd, or whoever else has set NOTIFY_SOCKET, what the server is doing: the protocol of sd_notify(3). Without NOTIFY_SOCKET nobody is
/// told. Thread-safe.
/// </summary>
internal sealed class ServiceManager : IDisposable
{
    public const string EnvironmentName = "NOTIFY_SOCKET";

    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _endPoint;
    private readonly ILogger _logger;
    private volatile bool _isStopping;

    /// <summary>Opens a socket.</summary>
    /// <param name="address">NOTIFY_SOCKET: a path, or behind an @ a name of Linux's abstract namespace; null or empty for nobody.</param>
    /// <param name="logger">Hears when telling fails, which changes nothing else.</param>
    public ServiceManager(string? address, ILogger logger)
    {
        _logger = logger;
        if (address is { Length: > 0 })
        {
            _endPoint = new UnixDomainSocketEndPoint(address[0] == '@' ? "\0" + address[1..] : address);
            _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        }
    }

    /// <summary>The one of this process.</summary>
    /// <param name="logger">Hears when telling fails.</param>
    public static ServiceManager OfProcess(ILogger logger) => new(Environment.GetEnvironmentVariable(EnvironmentName), logger);

    /// <summary>Says that the data is being loaded.</summary>
    public void Loading() => Tell("STATUS=Loading the data");

    /// <summary>Says that the server answers.</summary>
    /// <param name="status">What people should know, one line.</param>
    public void Ready(string status) => Tell($"READY=1\nSTATUS={status}");

    /// <summary>Says that the data is being loaded again; <see cref="Ready"/> ends that.</summary>
    public void Reloading() => Tell($"RELOADING=1\nMONOTONIC_USEC={(long)Stopwatch.GetElapsedTime(0).TotalMicroseconds}\nSTATUS=Reloading the data");

    /// <summary>Says that the server is about to end.</summary>
    public void Stopping()
    {
        Tell("STOPPING=1\nSTATUS=Answering what has been read");
        _isStopping = true;
    }

    public void Dispose() => _socket?.Dispose();

    private void Tell(string state)
    {
        // A reload may end while the server stops, and a stopping service does not become ready.
        if (_isStopping)
        {
            return;
        }

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
