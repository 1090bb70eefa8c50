using System.Net;

namespace KvTcp.Benchmarks.Http;

/// <summary>Those who watch a server: one that scrapes /metrics once a second, as Prometheus may, and an open dashboard. Until disposed.</summary>
internal sealed class Watchers : IAsyncDisposable
{
    private readonly HttpClient _client;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _scrapes;
    private readonly Task _dashboard;

    private Watchers(HttpClient client)
    {
        _client = client;
        _scrapes = ScrapeAsync();
        _dashboard = FollowAsync();
    }

    /// <summary>Begins to watch.</summary>
    /// <param name="http">Where the server offers HTTP.</param>
    public static Watchers Start(IPEndPoint http) => new(new HttpClient { BaseAddress = new Uri($"http://{http}") });

    /// <summary>Ends it.</summary>
    /// <exception cref="HttpRequestException">The server has failed to answer.</exception>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_scrapes, _dashboard);
        _client.Dispose();
        _end.Dispose();
    }

    private async Task ScrapeAsync()
    {
        using PeriodicTimer second = new(TimeSpan.FromSeconds(1));
        try
        {
            do
            {
                await _client.GetByteArrayAsync(new Uri("/metrics", UriKind.Relative), _end.Token);
            }
            while (await second.WaitForNextTickAsync(_end.Token));
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // That is how it ends.
        }
    }

    private async Task FollowAsync()
    {
        try
        {
            await using Stream events = await _client.GetStreamAsync(new Uri("/v1/stats/events", UriKind.Relative), _end.Token);
            await events.CopyToAsync(Stream.Null, _end.Token);
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // That is how it ends.
        }
    }
}
