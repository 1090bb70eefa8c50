using System.Net;
using Microsoft.Extensions.Logging;

namespace KvTcp.Server;

/// <summary>A running server: listens, answers from one dataset, drains when stopped. Thread-safe.</summary>
public sealed class KvServer : IAsyncDisposable
{
    /// <summary>The end points in use, with the ports that the system chose for port 0, in the order of <see cref="ServerOptions.Listen"/>.</summary>
    public IReadOnlyList<EndPoint> EndPoints => throw new NotImplementedException();

    /// <summary>Binds every address and starts to serve.</summary>
    /// <param name="options">How to listen and what to allow.</param>
    /// <param name="served">The dataset to answer from. It stays the caller's: dispose it after the server.</param>
    /// <param name="loggers">Where the server logs.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="ListenException">An address cannot be bound; nothing is left listening.</exception>
    public static Task<KvServer> StartAsync(
        ServerOptions options, ServedDataset served, ILoggerFactory loggers, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>
    /// Stops accepting, answers what has been read, closes. Connections that have not finished after
    /// <see cref="ServerOptions.DrainTimeout"/>, or when <paramref name="cancellationToken"/> fires, are reset.
    /// </summary>
    /// <param name="cancellationToken">Ends the drain early.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Stops as <see cref="StopAsync"/> does.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
