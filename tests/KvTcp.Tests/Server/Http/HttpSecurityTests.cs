using System.Text;
using KvTcp.Server.Http;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Http;

/// <summary>Who may call, docs/http.md#who-may-call and #the-token.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class HttpSecurityTests
{
    private static readonly string[] Guarded = ["GET /debug/datastore", "GET /debug/item/x", "POST /admin/reload", "POST /admin/rollback"];

    private static string Key => TestDataset.Key(0).ToString();

    [TestCase(null, Description = "nothing")]
    [TestCase("Bearer", Description = "no token")]
    [TestCase("Bearer wrong")]
    [TestCase($"Bearer {RunningHttp.Token}x", Description = "longer than the token")]
    [TestCase("Bearer correct-hors", Description = "shorter")]
    [TestCase("Bearer Correct-Horse", Description = "in another case")]
    [TestCase($"Digest {RunningHttp.Token}", Description = "another scheme")]
    [TestCase(RunningHttp.Token, Description = "no scheme")]
    [TestCase("Basic !!!!", Description = "not base 64")]
    [TestCase("Basic dXNlcg==", Description = "no password")]
    [TestCase("Basic dXNlcjp3cm9uZw==", Description = "a wrong password")]
    public async Task Wrong_or_missing_token_is_401_with_a_challenge(string? authorization)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        foreach (string route in Guarded)
        {
            string[] words = route.Split(' ');
            using HttpResponseMessage response = await http.SendAsync(
                words[0], words[1], json: null, authorization is null ? [] : [$"Authorization: {authorization}"]);
            Assert.That((int)response.StatusCode, Is.EqualTo(401), route);
            Assert.That(response.Headers.WwwAuthenticate.Select(static challenge => challenge.Scheme), Is.EqualTo(new[] { "Basic", "Bearer" }));
            Assert.That(await response.Content.ReadAsStringAsync(), Does.Not.Contain(RunningHttp.Token));
        }
    }

    [TestCase("Bearer")]
    [TestCase("bearer")]
    [TestCase("Basic")]
    public async Task Right_token_is_let_through(string scheme)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        string shown = scheme is "Basic" ? Convert.ToBase64String(Encoding.UTF8.GetBytes($"anybody:{RunningHttp.Token}")) : RunningHttp.Token;
        using HttpResponseMessage response = await http.GetAsync($"/debug/item/{Key}", $"Authorization: {scheme} {shown}");
        Assert.That((int)response.StatusCode, Is.EqualTo(200));
    }

    [Test]
    public async Task Without_a_token_of_the_server_nobody_is_let_through()
    {
        await using RunningHttp http = await RunningHttp.StartAsync(RunningHttp.Source("one"), options: new());
        foreach (string route in Guarded)
        {
            string[] words = route.Split(' ');
            using HttpResponseMessage response = await http.SendAsync(words[0], words[1], json: null, "Authorization: Bearer ");
            Assert.That((int)response.StatusCode, Is.EqualTo(403), route);
        }
    }

    [TestCase("localhost", 200)]
    [TestCase("LOCALHOST:8080", 200)]
    [TestCase("127.0.0.1", 200)]
    [TestCase("192.0.2.1:80", 200, Description = "no name, so no rebinding")]
    [TestCase("[::1]:8080", 200)]
    [TestCase("kv.example.org", 200)]
    [TestCase("KV.example.org:8080", 200)]
    [TestCase("a.pods.example.org", 200)]
    [TestCase("evil.example", 400)]
    [TestCase("xkv.example.org", 400)]
    [TestCase("kv.example.org.evil.example", 400)]
    [TestCase("pods.example.org", 400, Description = "the star stands for something")]
    [TestCase("localhost.evil.example", 400)]
    [TestCase("127.1", 400, Description = "not how an address is written")]
    [TestCase("2130706433", 400, Description = "nor this")]
    public async Task Host_must_be_one_of_the_servers(string host, int status)
    {
        await using RunningHttp http = await RunningHttp.StartAsync(
            RunningHttp.Source("one"), new HttpOptions { AllowedHosts = ["kv.example.org", "*.pods.example.org"] });
        using HttpResponseMessage response = await http.GetAsync("/v1/stats", $"Host: {host}");
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
    }

    [TestCase("GET /v1/stats HTTP/1.0\r\n\r\n", "200", Description = "health checks of balancers have no Host")]
    [TestCase("GET /v1/stats HTTP/1.1\r\nConnection: close\r\n\r\n", "400", Description = "HTTP/1.1 has one")]
    [TestCase("GET /v1/stats HTTP/1.1\r\nHost: a\r\nHost: localhost\r\nConnection: close\r\n\r\n", "400", Description = "and only one")]
    [TestCase("GET http://evil.example/v1/stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "400", Description = "the target is another's")]
    public async Task Host_is_looked_at_as_the_version_of_HTTP_has_it(string request, string status)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        Assert.That(await http.ExchangeAsync(request), Does.StartWith($"HTTP/1.1 {status} "));
    }

    [TestCase("/v1/keys/KEY")]
    [TestCase("/v1/keys/nonsense")]
    [TestCase("/nothing")]
    [TestCase("/health/ready")]
    [TestCase("/openapi/v1.json")]
    public async Task Every_reply_forbids_what_a_page_could_do_with_it(string path)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using HttpResponseMessage response = await http.GetAsync(path.Replace("KEY", Key, StringComparison.Ordinal), "Origin: https://example.org");
        Assert.That(Header(response, "Content-Security-Policy"), Does.Contain("default-src 'none'").And.Contain("frame-ancestors 'none'"));
        Assert.That(Header(response, "X-Content-Type-Options"), Is.EqualTo("nosniff"));
        Assert.That(Header(response, "Cross-Origin-Resource-Policy"), Is.EqualTo("same-origin"));
        Assert.That(Header(response, "Access-Control-Allow-Origin"), Is.Null, "no CORS unless configured");
        Assert.That(Header(response, "Server"), Is.Null);
    }

    [Test]
    public async Task Pages_of_configured_origins_may_read_replies()
    {
        const string Origin = "https://example.org";
        await using RunningHttp http = await RunningHttp.StartAsync(RunningHttp.Source("one"), new HttpOptions { AllowedOrigins = [Origin] });
        using HttpResponseMessage allowed = await http.GetAsync($"/v1/keys/{Key}", $"Origin: {Origin}");
        using HttpResponseMessage other = await http.GetAsync($"/v1/keys/{Key}", "Origin: https://evil.example");
        using HttpResponseMessage preflight = await http.SendAsync(
            "OPTIONS", "/v1/keys", json: null, $"Origin: {Origin}", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type");
        Assert.That(Header(allowed, "Access-Control-Allow-Origin"), Is.EqualTo(Origin));
        Assert.That(Header(allowed, "Access-Control-Allow-Credentials"), Is.Null);
        Assert.That(Header(other, "Access-Control-Allow-Origin"), Is.Null);
        Assert.That((int)preflight.StatusCode, Is.EqualTo(204));
        Assert.That(Header(preflight, "Access-Control-Allow-Methods"), Does.Contain("POST"));
    }

    [TestCase("cross-site", 403)]
    [TestCase("same-site", 403)]
    [TestCase("same-origin", 200)]
    [TestCase("none", 200)]
    public async Task Reload_is_not_for_pages_of_other_origins(string site, int status)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using HttpResponseMessage response = await http.SendAsync(
            "POST", "/admin/reload", json: null, $"Authorization: Bearer {RunningHttp.Token}", $"Sec-Fetch-Site: {site}");
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
    }

    [Test]
    public async Task Too_many_requests_are_429_with_retry_after_and_health_is_still_told()
    {
        await using RunningHttp http = await RunningHttp.StartAsync(RunningHttp.Source("one"), new HttpOptions { RequestsPerSecond = 1 });
        HttpResponseMessage response;
        int sent = 0;
        do
        {
            response = await http.GetAsync($"/v1/keys/{Key}");
            Assert.That(++sent, Is.LessThan(1_000));
        }
        while (response.IsSuccessStatusCode);
        Assert.That((int)response.StatusCode, Is.EqualTo(429));
        Assert.That(sent, Is.GreaterThan(10), "ten seconds' worth may come at once");
        Assert.That(response.Headers.RetryAfter!.Delta, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
        response.Dispose();
        using HttpResponseMessage health = await http.GetAsync("/health/ready");
        Assert.That((int)health.StatusCode, Is.EqualTo(200));
        await Patience.UntilAsync(
            () => Task.FromResult(http.Log.Texts(LogLevel.Warning).Any(
                static line => line.StartsWith("1 HTTP requests refused: too many from their address", StringComparison.Ordinal))),
            "the log tells of it");
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(',', values) : null;
}
