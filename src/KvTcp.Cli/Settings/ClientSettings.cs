using System.Net.Sockets;
using KvTcp.Client;
using KvTcp.Protocol;

namespace KvTcp.Cli;

/// <summary>How the commands that ask a server connect to it.</summary>
internal static class ClientSettings
{
    /// <summary>Adds server, token and TLS to the options of a client.</summary>
    /// <param name="settings">Where they stand.</param>
    /// <param name="options">The other options.</param>
    /// <exception cref="CommandException">A setting is wrong.</exception>
    public static KvClientOptions Resolve(SettingSources settings, KvClientOptions options)
    {
        KvServerAddress server = settings.Get(KnownSettings.Server, KvServerAddress.Default);
        bool isUnixSocket = server.EndPoint is UnixDomainSocketEndPoint;
        string? token = AuthTokenSetting.Resolve(settings);
        TlsClientSetting? tls = TlsClientSetting.Resolve(settings);

        // A Unix socket of the server asks for neither.
        return options with { Servers = [server], AuthToken = isUnixSocket ? null : token, Tls = isUnixSocket ? null : tls?.ToOptions() };
    }

    /// <summary>Connects; a server without a token gets none.</summary>
    /// <param name="options">What <see cref="Resolve"/> has made.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandException">The server cannot be reached.</exception>
    /// <exception cref="KvServerException">The server refuses the token.</exception>
    public static async Task<KvClient> ConnectAsync(KvClientOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await KvClient.ConnectAsync(options, cancellationToken);
        }
        catch (KvServerException e) when (e.Code == ErrorCode.Refused && options.AuthToken is not null)
        {
            return await ConnectAsync(options with { AuthToken = null }, cancellationToken);
        }
        catch (KvConnectionException e)
        {
            throw new CommandException(ExitCode.Unavailable, $"{e.Message}; is the server running there? --server names another", e);
        }
    }
}
