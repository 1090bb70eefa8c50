using System.Globalization;
using System.Net;
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
    /// <param name="refusals">Where those are counted that are refused.</param>
    public static void AddTo(IServiceCollection services, int perSecond, Refusals refusals) => services.AddRateLimiter(options =>
    {
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, IPAddress>(context => RateLimitPartition.GetTokenBucketLimiter(
            ClientNetwork.Of(context.Connection.RemoteIpAddress ?? IPAddress.None), _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = perSecond * BurstSeconds,
                TokensPerPeriod = perSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            }));
        options.OnRejected = (rejected, _) =>
        {
            refusals.Note(Refusal.HttpRequestRate, RemoteEnd.Of(rejected.HttpContext.Features));
            TimeSpan wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan after) ? after : TimeSpan.FromSeconds(1);
            HttpResponse response = rejected.HttpContext.Response;
            response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            return new ValueTask(SmallReply.Problem(response, StatusCodes.Status429TooManyRequests, "too many requests; see Retry-After"));
        };
    });
}
