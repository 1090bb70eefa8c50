using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace KvTcp.Redis.Connections;

/// <summary>Makes the streams that connections run over.</summary>
internal static class RedisStream
{
    /// <summary>Connects, and makes the connection a TLS one where that is wanted.</summary>
    /// <param name="address">The node.</param>
    /// <param name="usesTls">Whether to encrypt.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RedisConnectionException">The node cannot be reached.</exception>
    /// <exception cref="RedisException">Its certificate is not good for its address.</exception>
    public static async Task<Stream> OpenAsync(RedisAddress address, bool usesTls, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellationToken);
            NetworkStream plain = new(socket, ownsSocket: true);
            return usesTls ? await EncryptAsync(plain, address, cancellationToken) : plain;
        }
        catch (Exception e)
        {
            socket.Dispose();
            switch (e)
            {
                case SocketException or ArgumentException or NotSupportedException:
                    // The last two: an address of a kind that this machine has not, such as IPv6.
                    throw new RedisConnectionException($"{address} cannot be connected to: {e.Message}", e);
                case AuthenticationException:
                    throw new RedisException($"{address} cannot be trusted: {e.Message}", e);
                case IOException:
                    throw new RedisConnectionException($"{address} does not speak TLS: {e.Message}", e);
                default:
                    throw;
            }
        }
    }

    private static async Task<Stream> EncryptAsync(Stream plain, RedisAddress address, CancellationToken cancellationToken)
    {
        SslStream encrypted = new(plain);
        await encrypted.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = address.Host }, cancellationToken);
        return encrypted;
    }
}
