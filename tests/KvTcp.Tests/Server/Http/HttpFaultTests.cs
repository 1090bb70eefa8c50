using System.Net;
using System.Net.Sockets;
using System.Text;
using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Http;

/// <summary>What clients do wrong, and what happens to others meanwhile.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class HttpFaultTests
{
    private const string Close = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    private static string Key => TestDataset.Key(0).ToString();

    [TestCase("DELETE", "/v1/keys/KEY", "GET, HEAD")]
    [TestCase("PUT", "/v1/keys", "POST")]
    [TestCase("GET", "/v1/keys", "POST")]
    [TestCase("GET", "/get_value", "POST")]
    [TestCase("GET", "/admin/reload", "POST")]
    [TestCase("POST", "/health/ready", "GET, HEAD")]
    [TestCase("OPTIONS", "/v1/stats", "GET, HEAD")]
    [TestCase("TRACE", "/v1/stats", "GET, HEAD")]
    [TestCase("BREW", "/v1/stats", "GET, HEAD")]
    public async Task Method_that_a_route_does_not_have_is_405_with_allow(string method, string path, string allow)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using HttpResponseMessage response = await http.SendAsync(method, path.Replace("KEY", Key, StringComparison.Ordinal));
        Assert.That((int)response.StatusCode, Is.EqualTo(405));
        Assert.That(string.Join(", ", response.Content.Headers.Allow), Is.EqualTo(allow));
        Assert.That((int)(await RunningHttp.JsonAsync(response))["status"]!, Is.EqualTo(405));
    }

    [TestCase("/v1/stats/../stats", "200", Description = "the path is /v1/stats")]
    [TestCase("/v1/%2e%2e/debug/datastore", "401", Description = "whatever the way, the token is asked for")]
    [TestCase("/debug/%2e%2e/debug/datastore", "401")]
    [TestCase("//debug/datastore", "404")]
    [TestCase("/debug//datastore", "404")]
    [TestCase("/DEBUG/DATASTORE", "401")]
    [TestCase("/debug/datastore/", "401")]
    [TestCase("/debug%2fdatastore", "404", Description = "an encoded slash is no slash")]
    [TestCase("/v1/keys%2FKEY", "404")]
    [TestCase("/v1/keys/KEY%00", "400")]
    [TestCase("/v1/keys/KEY\0", "400")]
    [TestCase("/v1/keys/KEY%0d%0aX-Injected:%201", "422")]
    [TestCase("/v1/keys/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "422")]
    [TestCase("/v1/keys/..;/stats", "404")]
    [TestCase("/v1/keys/%", "422", Description = "not an encoding, so not changed")]
    [TestCase("/v1/keys/%FF", "422", Description = "not UTF-8")]
    [TestCase("*", "405")]
    [TestCase("v1/stats", "400")]
    public async Task Tricks_with_the_path_lead_nowhere(string path, string status)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        string reply = await http.ExchangeAsync($"GET {path.Replace("KEY", Key, StringComparison.Ordinal)}{Close}");
        Assert.That(reply, Does.StartWith($"HTTP/1.1 {status} ").And.Not.Contain("X-Injected: 1\r\n"));
        Assert.That(reply, status is "200" ? Does.Contain("uptime_seconds") : Does.Not.Contain("uptime_seconds"));
    }

    [TestCase("\x16\x03\x01\x00\xa5\x01\x00\x00", Description = "a TLS handshake")]
    [TestCase("GET u\r\n\r\n", Description = "the line protocol")]
    [TestCase("*1\r\n$4\r\nPING\r\n\r\n", Description = "RESP")]
    [TestCase("GET /v1/stats HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", Description = "two lengths")]
    [TestCase("GET /v1/stats HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n", Description = "a space before the colon")]
    [TestCase("GET /v1/stats HTTP/9.9\r\nHost: localhost\r\n\r\n", Description = "a version that is none")]
    [TestCase("POST /get_value HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Description = "a chunk without a length")]
    public async Task Bytes_that_are_no_request_are_refused(string bytes)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        Assert.That(await http.ExchangeAsync(bytes), Does.Match("^$|^HTTP/1.1 (4\\d\\d|505) "));
        using HttpResponseMessage other = await http.GetAsync("/health/ready");
        Assert.That((int)other.StatusCode, Is.EqualTo(200));
    }

    [Test]
    public async Task Long_head_is_refused([Values("/v1/keys/{0}", "/v1/stats?{0}")] string path)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using HttpResponseMessage target = await http.GetAsync(path.Replace("{0}", new string('x', 9_000), StringComparison.Ordinal));
        Assert.That((int)target.StatusCode, Is.EqualTo(414));
        using HttpResponseMessage headers = await http.GetAsync("/v1/stats", $"X-Long: {new string('x', 40_000)}");
        Assert.That((int)headers.StatusCode, Is.EqualTo(431));
    }

    [Test]
    public async Task Value_is_never_part_of_a_header_and_stays_within_its_string()
    {
        const string Value = "\"},\r Set-Cookie: a=b</script><script>alert(1)</script>\u2028";
        await using RunningHttp http = await RunningHttp.StartAsync(Value.Replace("\r", "", StringComparison.Ordinal));
        foreach (string accept in new[] { "application/json", "text/plain" })
        {
            using HttpResponseMessage response = await http.GetAsync($"/v1/keys/{Key}", $"Accept: {accept}");
            Assert.That(response.Headers.Contains("Set-Cookie"), Is.False);
            Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo(accept), "which nosniff makes browsers believe");
            if (accept.EndsWith("json", StringComparison.Ordinal))
            {
                Assert.That((string?)(await RunningHttp.JsonAsync(response))["value"], Is.EqualTo(Value.Replace("\r", "", StringComparison.Ordinal)));
            }
        }
    }

    [Test]
    public async Task Slow_head_and_slow_body_are_cut_off()
    {
        ServerOptions options = new() { FirstRequestTimeout = TimeSpan.FromMilliseconds(500) };
        await using RunningHttp http = await RunningHttp.StartAsync(RunningHttp.Source("one"), options: options);
        Task<string> head = http.ExchangeAsync("GET /v1/stats HTTP/1.1\r\nHost: loc");
        Task<string> body = http.ExchangeAsync(
            "POST /get_value HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
        Assert.That(await head, Does.StartWith("HTTP/1.1 408 "));
        Assert.That(await body, Does.StartWith("HTTP/1.1 408 "));
        await IsToldAsync(http, "first_request", "1 HTTP connections closed: the head of a request was not whole in time (--first-request-timeout); the last from an HTTP client");
        await IsToldAsync(http, "request_body", "1 HTTP connections closed: the body of a request came too slowly; the last from an HTTP client");
    }

    [TestCase("/debug/datastore", 50, 1_000_000)]
    [TestCase("/v1/keys/KEY", 1, 160_000, Description = "the kernel takes 128 KiB, and the reply is written, of which the rest waits")]
    public async Task Client_that_does_not_take_its_reply_is_cut_off(string path, int values, int length)
    {
        ServerOptions options = new()
        {
            AuthToken = new TokenGuard(AuthToken.TryCreate(RunningHttp.Token)!),
            UnreadReplyTimeout = TimeSpan.FromMilliseconds(500),
        };
        await using RunningHttp http = await RunningHttp.StartAsync(
            RunningHttp.Source([.. Enumerable.Repeat(new string('x', length), values)]), options: options);
        using TcpClient client = new() { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(http.Address);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"GET {path.Replace("KEY", Key, StringComparison.Ordinal)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {RunningHttp.Token}\r\nConnection: close\r\n\r\n"));
        await IsToldAsync(
            http,
            "unread_reply",
            $"1 HTTP connections reset: replies were not taken in time (--unread-reply-timeout); the last from 127.0.0.1:{((IPEndPoint)client.Client.LocalEndPoint!).Port}");
    }

    [Test]
    public async Task Idle_connection_is_closed()
    {
        ServerOptions options = new() { IdleTimeout = TimeSpan.FromMilliseconds(500) };
        await using RunningHttp http = await RunningHttp.StartAsync(RunningHttp.Source("one"), options: options);
        Assert.That(await http.ExchangeAsync("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"), Does.EndWith("{\"status\":\"live\"}"));
        await IsToldAsync(http, "idle", "1 idle connections closed (--idle-timeout); the last from an HTTP client");
    }

    [Test]
    public async Task Connection_beyond_the_limit_is_closed_and_one_that_ends_makes_room()
    {
        await using RunningHttp http = await RunningHttp.StartAsync(RunningHttp.Source("one"), options: new ServerOptions { MaxConnections = 1 });
        using (TcpClient first = new())
        {
            await first.ConnectAsync(http.Address);
            await first.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            await first.GetStream().ReadExactlyAsync(new byte[9]);
            Assert.That(await TryAsync(http), Is.Null.Or.Empty);
            Assert.That(http.Life.Refusals.Count(Refusal.HttpConnectionLimit), Is.EqualTo(1));
            await Patience.UntilAsync(
                () => Task.FromResult(http.Log.Texts(LogLevel.Warning).Any(
                    static line => line.StartsWith("1 HTTP connections refused: the limit of connections is reached", StringComparison.Ordinal))),
                "the log tells of it");
        }

        await UntilThereIsRoomAsync(http, "/health/live");
    }

    [Test]
    public async Task Connection_of_an_address_beyond_its_limit_is_closed_and_one_that_ends_makes_room()
    {
        await using RunningHttp http = await RunningHttp.StartAsync(
            RunningHttp.Source("one"), options: new ServerOptions { MaxConnections = 3, MaxConnectionsPerAddress = 1 });
        using (TcpClient first = new())
        {
            await first.ConnectAsync(http.Address);
            await first.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            await first.GetStream().ReadExactlyAsync(new byte[9]);
            Assert.That(await TryAsync(http), Is.Null.Or.Empty);
            await Patience.UntilAsync(
                () => Task.FromResult(http.Log.Texts(LogLevel.Warning).Any(
                    static line => line.StartsWith("1 HTTP connections refused: their address has too many (--max-connections-per-address)", StringComparison.Ordinal))),
                "the log tells of it");
        }

        string metrics = await UntilThereIsRoomAsync(http, "/metrics");
        Assert.That(metrics, Does.Match("""kvtcp_connections_rejected_total\{[^}]*protocol="http"[^}]*reason="address_limit"[^}]*\} [1-9]"""));
        Assert.That(metrics, Does.Match("""kvtcp_connections_rejected_total\{[^}]*protocol="http"[^}]*reason="limit"[^}]*\} 0"""));
    }

    [Test]
    public async Task Clients_that_vanish_while_they_read_leave_nothing_behind()
    {
        await using RunningHttp http = await RunningHttp.StartAsync([.. Enumerable.Repeat(new string('x', 100_000), 100)]);
        for (int i = 0; i < 10; i++)
        {
            using TcpClient client = new();
            await client.ConnectAsync(http.Address);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"GET /debug/datastore HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {RunningHttp.Token}\r\n\r\n"));
            await client.GetStream().ReadExactlyAsync(new byte[1_000]);
            client.Client.LingerState = new LingerOption(true, 0);
        }

        await Patience.UntilAsync(
            async () => (int)(await RunningHttp.JsonAsync(await http.GetAsync("/v1/stats")))["http"]!["connections_open"]! == 1, "they are gone");
    }

    [TestCase("/v1/keys", "application/json", "499|400", Description = "Kestrel may take the reset for the end of the body")]
    [TestCase("/get_value", "application/json", "499|400")]
    [TestCase("/v1/keys", "text/plain", "415", Description = "a body that nobody reads")]
    [TestCase("/nothing", "application/json", "404")]
    public async Task Clients_that_vanish_while_they_send_are_no_error_of_the_server(string path, string type, string statuses)
    {
        const int Clients = 200;
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async number =>
        {
            using TcpClient client = new();
            await client.ConnectAsync(http.Address);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: 90000\r\nExpect: 100-continue\r\n\r\n"));

            // 100 when the route reads the body, else the reply.
            await client.GetStream().ReadExactlyAsync(new byte["HTTP/1.1 100".Length]);
            await client.GetStream().WriteAsync(new byte[1 + number]);
            client.Client.LingerState = new LingerOption(number % 2 == 0, 0);
        }));
        await Patience.UntilAsync(
            async () => (int)(await RunningHttp.JsonAsync(await http.GetAsync("/v1/stats")))["http"]!["connections_open"]! == 1, "they are gone");
        using HttpResponseMessage metrics = await http.GetAsync("/metrics");
        Assert.That(await metrics.Content.ReadAsStringAsync(), Does.Match($"status_code=\"({statuses})\"").And.Not.Contain("status_code=\"5"));
    }

    [Test]
    public async Task Reader_that_is_too_slow_does_not_keep_an_old_dataset()
    {
        ScriptedSource source = RunningHttp.Source([.. Enumerable.Repeat(new string('x', 1_000_000), 50)]);
        ServerOptions options = new()
        {
            AuthToken = new TokenGuard(AuthToken.TryCreate(RunningHttp.Token)!),
            OldDatasetTimeout = TimeSpan.FromMilliseconds(200),
        };
        await using RunningHttp http = await RunningHttp.StartAsync(source, options: options);
        ServedDataset old = http.Datasets.Current!;
        using TcpClient client = new();
        await client.ConnectAsync(http.Address);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /debug/datastore HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {RunningHttp.Token}\r\n\r\n"));
        await client.GetStream().ReadExactlyAsync(new byte[1_000]);
        source.Text = ScriptedSource.Pairs(Enumerable.Repeat("two", 50));
        await http.ReloadAsync();
        source.Text = ScriptedSource.Pairs(Enumerable.Repeat("three", 50));
        await http.ReloadAsync();
        await Patience.UntilAsync(() => Task.FromResult(old.Dataset.IsFreed), "the old dataset is freed");
    }

    /// <summary>A connection that a deadline has closed is in the metrics and in the log.</summary>
    private static async Task IsToldAsync(RunningHttp http, string reason, string line)
    {
        await Patience.UntilAsync(
            async () => (await TryAsync(http, "/metrics"))!.Split('\n').Any(metric =>
                metric.StartsWith("kvtcp_connections_timed_out_total{", StringComparison.Ordinal)
                && metric.Contains($"protocol=\"http\",reason=\"{reason}\"}} 1", StringComparison.Ordinal)),
            "the metrics tell of it");
        await Patience.UntilAsync(
            () => Task.FromResult(http.Log.Texts(LogLevel.Warning).Concat(http.Log.Texts(LogLevel.Information)).Contains(line, StringComparer.Ordinal)),
            "the log tells of it");
    }

    /// <summary>The reply of the first connection that is admitted again: the server sees the end of the one before it a moment later.</summary>
    private static async Task<string> UntilThereIsRoomAsync(RunningHttp http, string path)
    {
        string? reply = null;
        await Patience.UntilAsync(
            async () => (reply = await TryAsync(http, path)) is not null && reply.StartsWith("HTTP/1.1 200", StringComparison.Ordinal),
            "there is room again");
        return reply!;
    }

    /// <returns>Null when the connection is refused by a reset, empty when it is closed.</returns>
    private static async Task<string?> TryAsync(RunningHttp http, string path = "/health/live")
    {
        try
        {
            return await http.ExchangeAsync($"GET {path}{Close}");
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return null;
        }
    }
}
