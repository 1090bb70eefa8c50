using System.Diagnostics;
using System.Net;
using KvTcp.Fuzz;

namespace KvTcp.Soak;

/// <summary>Clients that ask for keys over HTTP, and now and then for the metrics, as one that watches the server does.</summary>
/// <param name="around">What they know.</param>
/// <param name="http">Asks the server.</param>
/// <param name="pause">How long each waits on average before it asks again.</param>
internal sealed class HttpVisitors(Surroundings around, HttpClient http, TimeSpan pause) : Population("visitors over HTTP", around, Answered, Scraped)
{
    private const string Answered = "answered";
    private const string Scraped = "scraped";
    private const int ScrapedOneIn = 16;

    /// <inheritdoc/>
    protected override async Task VisitAsync(InputRandom random, CancellationToken stop)
    {
        await Task.Delay(pause * (random.Below(2000) / 1000d), stop);
        if (random.OneIn(ScrapedOneIn))
        {
            string metrics = await http.GetStringAsync("/metrics", stop);
            Count(metrics.Contains("kvtcp_connections", StringComparison.Ordinal) ? Scraped : throw new IOException("a scrape without kvtcp_connections"));
            return;
        }

        int[] key = Around.Generations.Pairs.Draw(random, 1);
        using HttpRequestMessage request = new(HttpMethod.Get, $"/v1/keys/{Around.Generations.Pairs.Key(key[0])}") { Headers = { { "Accept", "text/plain" } } };
        long sent = Stopwatch.GetTimestamp();
        using HttpResponseMessage reply = await http.SendAsync(request, stop);
        string? value = reply.StatusCode is HttpStatusCode.NotFound ? null : await reply.EnsureSuccessStatusCode().Content.ReadAsStringAsync(stop);
        if (Around.Generations.FaultIn(key, [value], sent) is string fault)
        {
            AddWrong(fault);
        }

        Count(Answered);
    }
}
