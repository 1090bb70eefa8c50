using System.Buffers;

namespace KvTcp.Client;

/// <summary>
/// A client of KvTcp servers, for the whole life of a program: make one and share it. Thread-safe. Requests of all callers are
/// pipelined over the client's connections and sent together; a connection that breaks is replaced.
/// </summary>
/// <remarks>
/// Every request fails with <see cref="KvConnectionException"/> when there is no connection, or when it ends before the reply and no other
/// connection can take the request over (that is tried once: requests only read); with <see cref="KvServerException"/> when the server answers
/// <c>ERR</c>; with <see cref="TimeoutException"/> after <see cref="KvClientOptions.RequestTimeout"/>; with
/// <see cref="OperationCanceledException"/> when its token is cancelled; and with <see cref="ObjectDisposedException"/> once the client is
/// disposed. After a time-out or a cancellation the reply is still awaited and thrown away: it never reaches another caller.
/// A returned <see cref="ValueTask{TResult}"/> may be awaited once.
/// </remarks>
public sealed class KvClient : IAsyncDisposable
{
    /// <summary>Connects: returns when the first connection stands; the others follow.</summary>
    /// <param name="options">The servers and limits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The client; dispose it to close its connections.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="KvConnectionException">No server can be reached.</exception>
    /// <exception cref="KvServerException">The server refuses the token.</exception>
    public static Task<KvClient> ConnectAsync(KvClientOptions options, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <summary>Gets a value. Allocates nothing but the array.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The value, or null when the server does not have the key.</returns>
    public ValueTask<byte[]?> GetAsync(Guid key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Copies a value from the receive buffer to a writer, without an array between.</summary>
    /// <param name="key">The key.</param>
    /// <param name="destination">
    /// Receives the value, and nothing on a miss. It is written to by the thread that reads replies, at no other time than
    /// between this call and the completion of its task; a writer that is slow holds up the replies behind. What it throws
    /// comes out of the task.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether the server has the key.</returns>
    public ValueTask<bool> GetAsync(Guid key, IBufferWriter<byte> destination, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <summary>Gets a value as text.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The value read as UTF-8, or null when the server does not have the key.</returns>
    public ValueTask<string?> GetStringAsync(Guid key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>
    /// Gets many values. The keys are split into requests of at most 512 keys, which go to all connections in turn; each of these is answered
    /// from one dataset, and all of them are when no new data is published meanwhile.
    /// </summary>
    /// <param name="keys">Any number of keys, not to be changed before the result is there.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A value for each key in its place, null for a miss; duplicates are kept.</returns>
    public ValueTask<byte[]?[]> GetManyAsync(ReadOnlyMemory<Guid> keys, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <summary>Tells whether a key exists.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public ValueTask<bool> ExistsAsync(Guid key, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Counts the keys that exist; split as by <see cref="GetManyAsync"/>.</summary>
    /// <param name="keys">Any number of keys, not to be changed before the result is there; a key given twice counts twice.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public ValueTask<long> ExistsAsync(ReadOnlyMemory<Guid> keys, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <summary>The number of keys that the server holds.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public ValueTask<long> CountAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>The server's figures; docs/protocol.md#stats names them.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public ValueTask<IReadOnlyDictionary<string, string>> StatsAsync(CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <summary>The server's version, protocol version and dataset id: <c>kvtcp/1.2.3 proto=1 dataset=0123456789abcdef</c>.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public ValueTask<string> VersionAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Asks the server for a sign of life.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>How long the reply took.</returns>
    public ValueTask<TimeSpan> PingAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>
    /// Closes the connections. Requests that wait complete with <see cref="ObjectDisposedException"/>. May be called more than once,
    /// and at any time.
    /// </summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
