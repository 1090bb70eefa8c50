using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>Makes connections: socket, TLS, AUTH. Thread-safe.</summary>
/// <param name="options">The options.</param>
internal sealed class Connector(KvClientOptions options)
{
    private const int ReceiveLength = 64 * 1024;

    /// <summary>Connects to a server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="counters">Counts the replies of the connection.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="KvConnectionException">The server cannot be reached, or not in time.</exception>
    /// <exception cref="KvServerException">The server refuses the token.</exception>
    public async Task<Connection> ConnectAsync(KvServerAddress server, ReplyCounters counters, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.ConnectTimeout);
        Socket? socket = null;
        Stream? stream = null;
        try
        {
            socket = server.EndPoint.AddressFamily == AddressFamily.Unix
                ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
                : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(server.EndPoint, timeout.Token).ConfigureAwait(false);
            stream = await SecureAsync(server, new NetworkStream(socket), timeout.Token).ConfigureAwait(false);
            PipeReader received = ReaderOf(stream);
            await AuthenticateAsync(server, stream, received, timeout.Token).ConfigureAwait(false);
            return new Connection(server, socket, stream, received, options, counters);
        }
        catch (Exception e)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }

            socket?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (e is KvException)
            {
                throw;
            }

            throw new KvConnectionException($"cannot connect to {server}: {Reason(e)}", e);
        }
    }

    /// <summary>A reader of what a server sends. The stream outlives it: requests may still be on their way when the last reply is read.</summary>
    internal static PipeReader ReaderOf(Stream stream) =>
        PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ReceiveLength, leaveOpen: true));

    private string Reason(Exception exception) => exception switch
    {
        OperationCanceledException => $"no answer for {options.ConnectTimeout.TotalSeconds} s",
        AuthenticationException { InnerException: { } inner } => $"TLS failed: {inner.Message}",
        AuthenticationException => $"TLS failed: {exception.Message}",
        _ => exception.Message,
    };

    private async Task<Stream> SecureAsync(KvServerAddress server, Stream stream, CancellationToken cancellationToken)
    {
        if (options.Tls is null)
        {
            return stream;
        }

        SslStream secured = new(stream);
        try
        {
            await secured.AuthenticateAsClientAsync(options.Tls(server.Host), cancellationToken).ConfigureAwait(false);
            return secured;
        }
        catch
        {
            await secured.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task AuthenticateAsync(KvServerAddress server, Stream stream, PipeReader received, CancellationToken cancellationToken)
    {
        if (options.AuthToken is not string token)
        {
            return;
        }

        ArrayBufferWriter<byte> request = new();
        RequestWriter.WriteAuth(request, Encoding.UTF8.GetBytes(token));
        await stream.WriteAsync(request.WrittenMemory, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            ReadResult read = await received.ReadAsync(cancellationToken).ConfigureAwait(false);
            ReadOnlySequence<byte> rest = read.Buffer;
            if (IsAuthenticated(server, ref rest))
            {
                received.AdvanceTo(rest.Start);
                return;
            }

            received.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
            {
                string guess = options.Tls is null ? "it may speak TLS" : "it may want a certificate of its clients, or another one";
                throw new KvConnectionException($"cannot connect to {server}: it closed the connection instead of answering AUTH; {guess}");
            }
        }
    }

    /// <returns>False when the reply is not whole yet.</returns>
    private static bool IsAuthenticated(KvServerAddress server, ref ReadOnlySequence<byte> received)
    {
        ReadOnlySequence<byte> start = received;
        long searched = 0;
        switch (ReplyParser.TryRead(ref received, LineFraming.MaxRequestLine, ref searched, out Reply reply))
        {
            case ReplyStatus.Incomplete:
                return false;
            case ReplyStatus.Reply when reply.Kind == ReplyKind.Ok:
                return true;
            case ReplyStatus.Reply when reply.Kind == ReplyKind.Error:
                throw KvServerException.Of(reply, $"{server}: ");
            default:
                string shown = ReceivedBytes.Show(start);
                throw new KvProtocolException($"{server} answered AUTH with what is no reply to it: {shown}; is it a KvTcp server?", shown);
        }
    }
}
