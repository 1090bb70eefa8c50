using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using KvTcp.Transport.Loops;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace KvTcp.Transport;

/// <summary>
/// A transport for Kestrel on Linux whose event loops own their connections, for end points of type <see cref="LoopEndPoint"/>; other
/// end points are left to other transports. Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Handlers run on the loop that has received their bytes, so that a request needs no change of threads; and <b>they must not
/// block</b>, since every connection of the loop waits for them. They may await anything: the next read or flush that
/// waits brings them back to the loop.
/// </para>
/// <para>
/// A handler that neither reads nor writes costs no buffers, and a client that does not read its replies is no longer read. Over epoll
/// nothing is received before a read waits, and a flush completes when the system has taken everything that was written. Over io_uring
/// up to 40 KiB are received before that, and a flush of up to 32 KiB may complete by one turn of the loop sooner.
/// </para>
/// <para>
/// When the output is completed, what was written is sent, the end after it, and the connection is closed when the client has
/// acknowledged that, or a second after the system has taken it all. A client that takes nothing keeps the connection until then; to
/// give it up is the application's affair. <see cref="ConnectionContext.Abort()"/> resets it. Limits, time-outs and the graceful stop
/// are Kestrel's.
/// </para>
/// <para>The threads run from the first bind until the last listener is disposed.</para>
/// </remarks>
[SupportedOSPlatform("linux")]
public sealed class LoopTransportFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly LoopTransportOptions _options;
    private readonly LoopGroup _group;

    /// <summary>Makes the transport; it starts nothing yet.</summary>
    /// <param name="options">How it works.</param>
    /// <param name="loggers">Hears of errors that operators should know of.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <see cref="LoopTransportOptions.Loops"/> is less than 1, or <see cref="LoopTransportOptions.BusyPoll"/> is negative or too long.
    /// </exception>
    public LoopTransportFactory(LoopTransportOptions options, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggers);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Loops, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BusyPoll, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.BusyPoll, LoopTransportOptions.LongestBusyPoll, nameof(options));
        _options = options;
        _group = new LoopGroup(options, loggers.CreateLogger<LoopTransportFactory>());
    }

    /// <summary>
    /// How often loops have polled for events before they would have slept, and how often they found some; since the first bind. See
    /// <see cref="LoopTransportOptions.BusyPoll"/>.
    /// </summary>
    public (long Polls, long Hits) BusyPolls => _group.BusyPolls;

    /// <summary>Whether this is the transport of an end point: whether it is a <see cref="LoopEndPoint"/>.</summary>
    /// <param name="endpoint">The end point.</param>
    public bool CanBind(EndPoint endpoint) => endpoint is LoopEndPoint;

    /// <summary>Binds an end point and begins to accept.</summary>
    /// <param name="endpoint">A <see cref="LoopEndPoint"/>.</param>
    /// <param name="cancellationToken">Not used: binding does not wait.</param>
    /// <returns>The listener. Its end point is the address, with the port that the system chose for port 0.</returns>
    /// <exception cref="NotSupportedException">The end point is of another type.</exception>
    /// <exception cref="AddressInUseException">Somebody else listens there.</exception>
    /// <exception cref="SocketException">It cannot be bound.</exception>
    /// <exception cref="LoopEngineException">The loops cannot be started.</exception>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (endpoint is not LoopEndPoint own)
        {
            throw new NotSupportedException($"{nameof(LoopTransportFactory)} binds {nameof(LoopEndPoint)}s, not {endpoint.GetType().Name}s.");
        }

        IReadOnlyList<EventLoop> loops = await _group.AcquireAsync();
        try
        {
            return new LoopListener(_group, loops, ListenSockets.Bind(own.Address, loops.Count, _options), _options.HighestFile);
        }
        catch (Exception exception)
        {
            await _group.ReleaseAsync();
            if (exception is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
            {
                throw new AddressInUseException(exception.Message, exception);
            }

            throw;
        }
    }
}
