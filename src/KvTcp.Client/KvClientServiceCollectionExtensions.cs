using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace KvTcp.Client;

/// <summary>Registers a <see cref="KvClient"/> for dependency injection.</summary>
public static class KvClientServiceCollectionExtensions
{
    /// <summary>
    /// Registers one client for the whole program. It begins to connect when it is first asked for, and the container disposes it. It logs and
    /// counts to the container's <see cref="ILoggerFactory"/> and <see cref="IMeterFactory"/> unless the options name others.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="options">The options.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static IServiceCollection AddKvClient(this IServiceCollection services, KvClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        KvClientOptions valid = options.Validated();
        services.TryAddSingleton(provider => KvClient.Start(valid with
        {
            LoggerFactory = valid.LoggerFactory ?? provider.GetService<ILoggerFactory>(),
            MeterFactory = valid.MeterFactory ?? provider.GetService<IMeterFactory>(),
        }));
        return services;
    }
}
