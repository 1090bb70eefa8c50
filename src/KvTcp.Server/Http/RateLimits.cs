using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace KvTcp.Server.Http;

/// <summary>How many requests one client may send, <see cref="HttpOptions.RequestsPerSecond"/>.</summary>
internal static class RateLimits
{
    /// <summary>How many seconds' worth of requests may come at once.</summary>
    private const int BurstSeconds = 10;

    /// <summary>Adds the limits.</summary>
    /// <param name="services">To these services.</param>
    /// <param name="perSecond">How many requests a second.</param>
    public static void AddTo(IServiceCollection services, int perSecond) => services.AddRateLimiter(options =>
    {
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, IPAddress>(context => RateLimitPartition.GetTokenBucketLimiter(
            Client(context.Connection.RemoteIpAddress), _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = perSecond * BurstSeconds,
                TokensPerPeriod = perSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            }));
        options.OnRejected = static (rejected, _) =>
        {
            TimeSpan wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan after) ? after : TimeSpan.FromSeconds(1);
            HttpResponse response = rejected.HttpContext.Response;
            response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            return new ValueTask(SmallReply.Problem(response, StatusCodes.Status429TooManyRequests, "too many requests; see Retry-After"));
        };
    });

    /// <summary>Whose requests are counted together. A network of IPv6 gives each of its machines 2^64 addresses, so these count as one.</summary>
    private static IPAddress Client(IPAddress? address)
    {
        if (address is null)
        {
            return IPAddress.None;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            byte[] network = address.GetAddressBytes();
            network.AsSpan(8).Clear();
            return new IPAddress(network);
        }

        return address;
    }
}
