using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using KvTcp.Client;
using KvTcp.Protocol;
using KvTcp.Server;
using Command = System.CommandLine.Command;

namespace KvTcp.Cli;

/// <summary><c>kvtcp healthcheck</c>: whether a server answers requests for keys, for the probes of containers.</summary>
internal static class HealthCheckCommand
{
    private const string Examples = """
        kvtcp healthcheck
        kvtcp healthcheck --http 127.0.0.1:8080
        kvtcp healthcheck --server 127.0.0.1:7878
        """;

    private const string Notes = """
        It asks /health/ready at the address of --http, which comes from the same places as that of `kvtcp serve`: in a container it needs
        no option. With --server and no --http, or `--http off`, it sends PING to --server. The exit code is 0 when the server is ready, 1 when it says that it is not,
        69 when it cannot be reached, is silent, or is no KvTcp server.
        """;

    /// <summary>No KvTcp server tells its health in more bytes.</summary>
    private const int LongestBody = 64 << 10;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private static string NoAnswer { get; } = $"no answer in {Timeout.TotalSeconds} s";

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DocumentedCommand command = new("healthcheck", "Ask a server whether it is ready.", Examples) { Notes = Notes };
        foreach (Setting setting in KnownSettings.OfHealthCheck)
        {
            command.Add(setting.Option);
        }

        command.SetAction((result, cancellationToken) =>
        {
            SettingSources settings = SettingSources.OfProcess(result);
            ListenAddress http = settings.Get(KnownSettings.HealthHttp, Server.Http.HttpOptions.DefaultListen);
            KvServerAddress server = settings.Get(KnownSettings.Server, KvServerAddress.Default);
            TextWriter output = result.InvocationConfiguration.Output;
            bool isPing = http == HttpSettings.Off || (settings.Has(KnownSettings.Server) && !settings.Has(KnownSettings.HealthHttp));
            return isPing ? PingAsync(server, TlsClientSetting.Resolve(settings), output, cancellationToken) : AskAsync(http, output, cancellationToken);
        });
        return command;
    }

    private static async Task<int> PingAsync(KvServerAddress server, TlsClientSetting? tls, TextWriter output, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        OperatorReply reply;
        try
        {
            using OperatorConnection connection = await OperatorConnection.OpenAsync(server, tls, limit.Token);
            reply = await connection.AskAsync(Protocol.Command.Ping, token: null, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable(server, NoAnswer, e);
        }

        if (reply.Code is ErrorCode)
        {
            throw new CommandException(ExitCode.Refused, $"{server} is not ready: {reply.Text}");
        }

        await output.WriteLineAsync("ready");
        return ExitCode.Success;
    }

    private static async Task<int> AskAsync(ListenAddress address, TextWriter output, CancellationToken cancellationToken)
    {
        using HttpClient client = new(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellation) => new NetworkStream(await ConnectAsync(EndPointOf(address), cancellation), ownsSocket: true),
        })
        {
            Timeout = Timeout,
            MaxResponseContentBufferSize = LongestBody,
        };
        HttpStatusCode code;
        byte[] body;
        try
        {
            using HttpResponseMessage response = await client.GetAsync(new Uri("http://localhost/health/ready"), cancellationToken);
            code = response.StatusCode;
            body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Unavailable(address, e is OperationCanceledException ? NoAnswer : e.GetBaseException().Message.TrimEnd('.'), e);
        }

        switch (code, HealthOf(body))
        {
            case (HttpStatusCode.OK, ("ready", _)):
                await output.WriteLineAsync("ready");
                return ExitCode.Success;
            case (HttpStatusCode.ServiceUnavailable, (not (null or "ready") and string status, string reason)):
                throw new CommandException(ExitCode.Refused, $"{address} is not ready: {status}: {reason}");
            default:
                throw Unavailable(address, $"what it answers to /health/ready, with HTTP {(int)code}, is no answer of a KvTcp server");
        }
    }

    /// <summary>What a body of /health/ready says; nulls where it is none.</summary>
    private static (string? Status, string? Reason) HealthOf(byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return (TextOf(document.RootElement, "status"), TextOf(document.RootElement, "reason"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter tells of escapes that stand for no character.
            return default;
        }
    }

    private static string? TextOf(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static CommandException Unavailable(object address, string reason, Exception? cause = null) =>
        new(ExitCode.Unavailable, $"{address} does not tell its health: {reason}; is the server running there?", cause);

    /// <summary>Where to connect: a server that listens at every address also does at the loopback one.</summary>
    private static EndPoint EndPointOf(ListenAddress address) => address.EndPoints[0] switch
    {
        IPEndPoint ip when ip.Address.Equals(IPAddress.Any) => new IPEndPoint(IPAddress.Loopback, ip.Port),
        IPEndPoint ip when ip.Address.Equals(IPAddress.IPv6Any) => new IPEndPoint(IPAddress.Loopback, ip.Port),
        EndPoint endPoint => endPoint,
    };

    private static async Task<Socket> ConnectAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        Socket socket = endPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
