using System.Text;

namespace KvTcp.LoadGen;

/// <summary>What has to happen on a new connection before requests: TLS, then AUTH. Immutable, so threads share it.</summary>
/// <param name="Tls">What TLS connections have in common; null for no TLS.</param>
/// <param name="Auth">The request that authenticates; empty for none.</param>
internal sealed record Greeting(TlsContext? Tls, ReadOnlyMemory<byte> Auth) : IDisposable
{
    /// <summary>Makes that of a plan.</summary>
    /// <param name="plan">The plan.</param>
    public static Greeting Of(LoadPlan plan) => new(
        plan.Tls is null ? null : new TlsContext(plan.Tls, plan.Host),
        plan.AuthToken is not string token ? default
            : plan.Protocol == WireProtocol.Resp ? Encoding.ASCII.GetBytes($"*2\r\n$4\r\nAUTH\r\n${token.Length}\r\n{token}\r\n")
            : Encoding.ASCII.GetBytes($"AUTH {token}\n"));

    /// <summary>Whether requests may be sent at once.</summary>
    public bool IsEmpty => Tls is null && Auth.IsEmpty;

    /// <inheritdoc/>
    public void Dispose() => Tls?.Dispose();
}
