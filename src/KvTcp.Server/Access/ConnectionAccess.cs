using System.Net;
using System.Net.Sockets;

namespace KvTcp.Server;

/// <summary>What one connection may ask for: docs/protocol.md#who-may-ask-what. One thread at a time.</summary>
internal sealed class ConnectionAccess
{
    private readonly TokenGuard? _guard;
    private readonly Refusals _refusals;
    private readonly bool _isUnixSocket;

    /// <summary>Makes the access of a new connection.</summary>
    /// <param name="guard">Knows the server's token; null if it has none.</param>
    /// <param name="refusals">Where wrong tokens are counted.</param>
    /// <param name="remote">The client's end of the connection.</param>
    /// <param name="local">The server's end. On a Unix socket the rights of its file decide who connects.</param>
    public ConnectionAccess(TokenGuard? guard, Refusals refusals, EndPoint? remote, EndPoint? local)
    {
        _guard = guard;
        _refusals = refusals;
        Remote = remote;
        _isUnixSocket = local is UnixDomainSocketEndPoint;
        Reset();
    }

    /// <summary>The client's end of the connection.</summary>
    public EndPoint? Remote { get; }

    /// <summary>Whether the connection may ask for keys: it need not authenticate, or has done so.</summary>
    public bool IsAdmitted { get; private set; }

    /// <summary>Without a token only a Unix socket tells the operator from anybody else.</summary>
    public bool IsOperator => _isUnixSocket || (_guard is not null && IsAdmitted);

    /// <summary>Whether there is a token to authenticate with.</summary>
    public bool HasToken => _guard is not null;

    /// <summary>After a wrong token, what the connection has to wait for before it tells the client; then <see cref="EndPenalty"/> follows.</summary>
    public Task? Penalty { get; private set; }

    /// <summary>Authenticates the connection; there is a token.</summary>
    /// <param name="shown">The token that the client shows.</param>
    /// <returns>Whether it is the right one; if not, nothing has changed but <see cref="Penalty"/>.</returns>
    public TokenVerdict Authenticate(ReadOnlySpan<byte> shown)
    {
        TokenVerdict verdict = _guard!.Check(shown, ClientNetwork.Of(Remote));
        if (verdict == TokenVerdict.Right)
        {
            IsAdmitted = true;
        }
        else
        {
            Note(Refusals.Of(verdict));
            Penalty = Task.Delay(_guard.Delay);
        }

        return verdict;
    }

    /// <summary>Takes note that the client was turned away.</summary>
    public void Note(Refusal reason) => _refusals.Note(reason, Remote);

    /// <summary>The client is being told.</summary>
    public void EndPenalty() => Penalty = null;

    /// <summary>Forgets that the connection has authenticated.</summary>
    public void Reset() => IsAdmitted = _guard is null || _isUnixSocket;
}
