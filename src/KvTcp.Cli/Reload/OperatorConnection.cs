using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using KvTcp.Client;
using KvTcp.Protocol;

namespace KvTcp.Cli;

/// <summary>
/// A connection for one request that may take minutes without a sign of life, which is what the client of KvTcp.Client takes for a
/// broken server. One request; not thread-safe.
/// </summary>
internal sealed class OperatorConnection : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly KvServerAddress _server;
    private readonly Stream _stream;

    private OperatorConnection(KvServerAddress server, Stream stream)
    {
        _server = server;
        _stream = stream;
    }

    /// <summary>Connects.</summary>
    /// <param name="server">Where.</param>
    /// <param name="tls">How to speak TLS; null for none. A Unix socket has none in any case.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandException">The server cannot be reached.</exception>
    public static async Task<OperatorConnection> OpenAsync(
        KvServerAddress server, TlsClientSetting? tls, CancellationToken cancellationToken)
    {
        bool isUnix = server.EndPoint is UnixDomainSocketEndPoint;
        Socket socket = isUnix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            await socket.ConnectAsync(server.EndPoint, limit.Token);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (!isUnix && tls is not null)
            {
                SslStream secured = new(stream);
                stream = secured;
                await secured.AuthenticateAsClientAsync(tls.ToOptions()(server.Host), limit.Token);
            }

            return new OperatorConnection(server, stream);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            socket.Dispose();
            string reason = e switch
            {
                OperationCanceledException => $"no answer in {ConnectTimeout.TotalSeconds} s",
                SocketException => e.Message,
                _ => $"TLS failed: {(e.InnerException ?? e).Message.TrimEnd('.')}",
            };
            throw new CommandException(
                ExitCode.Unavailable, $"cannot connect to {server}: {reason}; is the server running there? --server names another", e);
        }
    }

    /// <summary>Sends a request and waits for its reply, however long that takes.</summary>
    /// <param name="command">A command without arguments.</param>
    /// <param name="token">The token, where the server may ask for one; a Unix socket asks for none.</param>
    /// <param name="cancellationToken">Gives up waiting; the server goes on.</param>
    /// <exception cref="CommandException">The server breaks off.</exception>
    public async Task<OperatorReply> AskAsync(Command command, string? token, CancellationToken cancellationToken)
    {
        bool authenticates = token is not null && _server.EndPoint is not UnixDomainSocketEndPoint;
        ArrayBufferWriter<byte> requests = new();
        if (authenticates)
        {
            RequestWriter.WriteAuth(requests, Encoding.ASCII.GetBytes(token!));
        }

        RequestWriter.WriteCommand(requests, command);
        try
        {
            await _stream.WriteAsync(requests.WrittenMemory, cancellationToken);
            PipeReader replies = PipeReader.Create(_stream);
            OperatorReply? auth = authenticates ? await ReadAsync(replies, cancellationToken) : null;

            // A server without a token refuses AUTH, and what follows tells whether that matters.
            return auth?.Code is ErrorCode.WrongPass ? auth : await ReadAsync(replies, cancellationToken);
        }
        catch (IOException e)
        {
            throw new CommandException(ExitCode.Unavailable, $"{_server} broke the connection off: {e.Message}", e);
        }
    }

    public void Dispose() => _stream.Dispose();

    private static async Task<OperatorReply> ReadAsync(PipeReader replies, CancellationToken cancellationToken)
    {
        long searched = 0;
        for (; ; )
        {
            ReadResult read = await replies.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            ReplyStatus status = ReplyParser.TryRead(ref buffer, ReplyParser.DefaultMaxReplyLine, ref searched, out Reply reply);
            if (status == ReplyStatus.Reply && reply.Kind is ReplyKind.Ok or ReplyKind.Error)
            {
                OperatorReply result = new(reply.Kind == ReplyKind.Error ? reply.Code : null, Encoding.UTF8.GetString(reply.Text));
                replies.AdvanceTo(buffer.Start);
                return result;
            }

            if (status != ReplyStatus.Incomplete)
            {
                throw new IOException("what it sent is no reply of a KvTcp server");
            }

            replies.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                throw new IOException("it closed the connection before it had answered");
            }
        }
    }
}
