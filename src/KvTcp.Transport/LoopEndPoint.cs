using System.Net;
using System.Net.Sockets;

namespace KvTcp.Transport;

/// <summary>
/// An address that <see cref="LoopTransportFactory"/> is to listen at, where Kestrel's socket transport would listen at
/// <see cref="Address"/> itself. Immutable.
/// </summary>
/// <example><code>
/// services.AddSingleton&lt;IConnectionListenerFactory, LoopTransportFactory&gt;();
/// ...
/// kestrel.Listen(new LoopEndPoint(new IPEndPoint(IPAddress.Loopback, 7878)), listen => listen.UseConnectionHandler&lt;MyHandler&gt;());
/// </code></example>
public sealed class LoopEndPoint : EndPoint
{
    /// <summary>Makes the end point.</summary>
    /// <param name="address">An <see cref="IPEndPoint"/> (port 0 lets the system choose) or a <see cref="UnixDomainSocketEndPoint"/>.</param>
    /// <exception cref="ArgumentException">It is of another type.</exception>
    public LoopEndPoint(EndPoint address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address is not (IPEndPoint or UnixDomainSocketEndPoint))
        {
            throw new ArgumentException($"A {address.GetType().Name} is neither an IP address nor a Unix socket.", nameof(address));
        }

        Address = address;
    }

    /// <summary>The address.</summary>
    public EndPoint Address { get; }

    /// <inheritdoc/>
    public override AddressFamily AddressFamily => Address.AddressFamily;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is LoopEndPoint other && other.Address.Equals(Address);

    /// <inheritdoc/>
    public override int GetHashCode() => Address.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => Address.ToString()!;
}
