using System.Net;

namespace KvTcp.Server;

/// <summary>
/// Compares what clients show with the server's token, and holds those off who show wrong ones: docs/protocol.md#wrong-tokens. The line
/// protocol, RESP and HTTP share one, so a client gets no second allowance by another way. Thread-safe.
/// </summary>
public sealed class TokenGuard
{
    private readonly WrongTokenLimit _limit;
    private volatile AuthToken _token;

    /// <summary>Guards a token.</summary>
    /// <param name="token">The token.</param>
    public TokenGuard(AuthToken token)
        : this(token, TimeSpan.FromSeconds(1), TimeProvider.System)
    {
    }

    /// <summary>The same with other times, for tests.</summary>
    /// <param name="token">The token.</param>
    /// <param name="delay">How long the answer to a wrong token takes.</param>
    /// <param name="time">Tells the time.</param>
    internal TokenGuard(AuthToken token, TimeSpan delay, TimeProvider time)
    {
        _token = token;
        _limit = new WrongTokenLimit(time);
        Delay = delay;
    }

    /// <summary>How long the answer to a wrong token takes; the client's connection waits meanwhile.</summary>
    internal TimeSpan Delay { get; }

    /// <summary>Changes the token. Connections that have shown the old one stay authenticated.</summary>
    /// <param name="token">The new one.</param>
    /// <returns>Whether it is another.</returns>
    public bool Replace(AuthToken token)
    {
        bool isOther = !token.Equals(_token);
        _token = token;
        return isOther;
    }

    /// <summary>Judges a token.</summary>
    /// <param name="shown">What the client shows.</param>
    /// <param name="client">Where it comes from, as of <see cref="ClientNetwork"/>; null for a client that is not held off.</param>
    internal TokenVerdict Check(ReadOnlySpan<byte> shown, IPAddress? client)
    {
        bool isRight = _token.Matches(shown);
        bool counts = client is null || _limit.TryTake(client, isRight);
        return !counts ? TokenVerdict.HeldOff : isRight ? TokenVerdict.Right : TokenVerdict.Wrong;
    }
}
