using KvTcp.Client;
using KvTcp.Protocol;
using Command = System.CommandLine.Command;

namespace KvTcp.Cli;

/// <summary><c>kvtcp reload</c> and <c>kvtcp rollback</c>: have a running server take a new file over, or return to the last one.</summary>
internal static class ReloadCommand
{
    private const string ReloadExamples = """
        kvtcp reload
        kvtcp reload --server unix:/run/kvtcp.sock
        KVTCP_AUTH_TOKEN=... kvtcp reload --server kv.example.org:7878
        """;

    private const string RollbackExamples = """
        kvtcp rollback --server unix:/run/kvtcp.sock
        kvtcp rollback --server kv.example.org:7878 --auth-token-file /etc/kvtcp/token
        """;

    private const string Notes = """
        The server takes this from a Unix socket that it listens on, or over TCP from who has its token. The id of the dataset that it
        then serves is printed; when it refuses, the reason stands on standard error, the exit code is 1, and it goes on as before.
        """;

    /// <summary>Makes the command that reloads.</summary>
    public static Command CreateReload() =>
        Create(Protocol.Command.Reload, new("reload", "Have a running server load its data again.", ReloadExamples) { Notes = Notes });

    /// <summary>Makes the command that rolls back.</summary>
    public static Command CreateRollback() =>
        Create(Protocol.Command.Rollback, new("rollback", "Have a running server return to the dataset before the last reload.", RollbackExamples) { Notes = Notes });

    private static DocumentedCommand Create(Protocol.Command request, DocumentedCommand command)
    {
        foreach (Setting setting in KnownSettings.OfClients)
        {
            command.Add(setting.Option);
        }

        command.SetAction((result, cancellationToken) =>
        {
            SettingSources settings = SettingSources.OfProcess(result);
            KvServerAddress server = settings.Get(KnownSettings.Server, KvServerAddress.Default);
            TlsClientSetting? tls = TlsClientSetting.Resolve(settings);
            return RunAsync(server, tls, AuthTokenSetting.Resolve(settings), request, result.InvocationConfiguration.Output, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        KvServerAddress server,
        TlsClientSetting? tls,
        string? token,
        Protocol.Command request,
        TextWriter output,
        CancellationToken cancellationToken)
    {
        using OperatorConnection connection = await OperatorConnection.OpenAsync(server, tls, cancellationToken);
        OperatorReply reply = await connection.AskAsync(request, token, cancellationToken);
        if (reply.Code is ErrorCode code)
        {
            throw new CommandException(
                code == ErrorCode.Refused ? ExitCode.Refused : ExitCode.Unavailable, $"{server} refused: {reply.Text}");
        }

        await output.WriteLineAsync(reply.Text);
        return ExitCode.Success;
    }
}
