using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;

namespace KvTcp.Server;

/// <summary>What a connection reads and writes when it is encrypted. One reader and one writer at a time.</summary>
internal sealed class TlsTransport : IDuplexPipe, IAsyncDisposable
{
    /// <summary>The most that a TLS record holds: one read takes a whole one, and one write makes one.</summary>
    public const int RecordLength = 16 * 1024;

    private readonly DuplexPipeStream _received;
    private readonly SslStream _stream;

    /// <summary>Makes it; <see cref="ShakeHandsAsync"/> comes first.</summary>
    /// <param name="transport">The pipes of the encrypted bytes, which outlive it.</param>
    public TlsTransport(IDuplexPipe transport)
    {
        _received = new DuplexPipeStream(transport);
        _stream = new SslStream(_received);
        Input = new TlsInput(_stream, transport.Input);
        Output = new TlsOutput(_stream, transport.Output);
    }

    /// <inheritdoc/>
    public PipeReader Input { get; }

    /// <inheritdoc/>
    public PipeWriter Output { get; }

    /// <summary>Whether hands have been shaken.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Whether the client has sent anything. One that has not only looked whether somebody listens.</summary>
    public bool HasReceived => _received.HasReceived;

    /// <summary>
    /// Shakes hands, on the thread pool, since a signature may take a millisecond. No protocol is negotiated on top (ALPN).
    /// </summary>
    /// <param name="options">The certificates.</param>
    /// <returns>Why it has failed; null when it has not. The client has been told then, as far as TLS allows.</returns>
    /// <exception cref="OperationCanceledException">Somebody has ended the wait for the client.</exception>
    public async Task<string?> ShakeHandsAsync(SslServerAuthenticationOptions options)
    {
        _received.LeavesThread = true;
        try
        {
            await _stream.AuthenticateAsServerAsync(options, CancellationToken.None);
            IsOpen = true;
            return null;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return (e.InnerException ?? e).Message.TrimEnd('.');
        }
        finally
        {
            _received.LeavesThread = false;
        }
    }

    /// <summary>Sends what has been written, and says that nothing follows.</summary>
    public async Task EndAsync()
    {
        await Output.FlushAsync();
        await _stream.ShutdownAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync();
        await Output.CompleteAsync();
        await _stream.DisposeAsync();
    }
}
