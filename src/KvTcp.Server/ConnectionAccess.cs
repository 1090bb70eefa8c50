namespace KvTcp.Server;

/// <summary>What one connection may ask for: docs/protocol.md#who-may-ask-what. One thread at a time.</summary>
/// <param name="token">The server's token; null if it has none.</param>
/// <param name="isUnixSocket">Whether the connection came over a Unix socket, where the rights of the socket's file decide who connects.</param>
internal sealed class ConnectionAccess(AuthToken? token, bool isUnixSocket)
{
    /// <summary>Whether the connection may ask for keys: it need not authenticate, or has done so.</summary>
    public bool IsAdmitted { get; private set; } = token is null || isUnixSocket;

    /// <summary>Without a token only a Unix socket tells the operator from anybody else.</summary>
    public bool IsOperator => isUnixSocket || (token is not null && IsAdmitted);

    /// <summary>Whether there is a token to authenticate with.</summary>
    public bool HasToken => token is not null;

    /// <summary>Authenticates the connection.</summary>
    /// <param name="shown">The token that the client shows.</param>
    /// <returns>Whether it is the right one; if not, nothing has changed.</returns>
    public bool TryAuthenticate(ReadOnlySpan<byte> shown)
    {
        bool matches = token is not null && token.Matches(shown);
        IsAdmitted |= matches;
        return matches;
    }

    /// <summary>Forgets that the connection has authenticated.</summary>
    public void Reset() => IsAdmitted = token is null || isUnixSocket;
}
