using System.Globalization;
using KvTcp.Server;
using KvTcp.Server.Http;
using KvTcp.Server.Metrics;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Metrics;

/// <summary>What the metrics count, docs/metrics.md.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class ServerMetricsTests
{
    private static string Key => TestDataset.Key(0).ToString();

    [Test]
    public async Task Requests_are_counted_by_command_and_outcome()
    {
        await using RunningHttp http = await StartAsync();
        using (LineClient line = await LineClient.ConnectAsync(http.Server!.EndPoints[0]))
        {
            foreach (string request in new[]
            {
                $"GET {Key}", $"get {Key}", $"GET {TestDataset.Missing(0)}", "GET nonsense", "GET", $"EXISTS {Key}", "PING", "COUNT", "NONSENSE",
            })
            {
                await line.AskAsync(request);
            }
        }

        Dictionary<string, double> metrics = await ScrapeUntilAsync(http, "kvtcp_connections_open{protocol=\"tcp\"}", 0);
        Assert.Multiple(() =>
        {
            Assert.That(Requests("get", "ok"), Is.EqualTo(3));
            Assert.That(Requests("get", "error"), Is.EqualTo(2));
            Assert.That(Requests("exists", "ok"), Is.EqualTo(1));
            Assert.That(Requests("ping", "ok"), Is.EqualTo(1));
            Assert.That(Requests("count", "ok"), Is.EqualTo(1));
            Assert.That(Requests("unknown", "error"), Is.EqualTo(1));
            Assert.That(metrics["kvtcp_keys_total{protocol=\"tcp\",outcome=\"hit\"}"], Is.EqualTo(3));
            Assert.That(metrics["kvtcp_keys_total{protocol=\"tcp\",outcome=\"miss\"}"], Is.EqualTo(1));
            Assert.That(metrics["kvtcp_keys_total{protocol=\"tcp\",outcome=\"malformed\"}"], Is.EqualTo(1));
            Assert.That(metrics["kvtcp_connections_accepted_total{protocol=\"tcp\"}"], Is.EqualTo(1));
            Assert.That(metrics["kvtcp_network_io_bytes_total{protocol=\"tcp\",network_io_direction=\"receive\"}"], Is.GreaterThan(150));
            Assert.That(metrics["kvtcp_network_io_bytes_total{protocol=\"tcp\",network_io_direction=\"transmit\"}"], Is.GreaterThan(50));
        });

        double Requests(string command, string outcome) => metrics[$"kvtcp_requests_total{{command=\"{command}\",outcome=\"{outcome}\"}}"];
    }

    [Test]
    public async Task Requests_of_RESP_are_counted_by_command_and_outcome()
    {
        await using RunningHttp http = await StartAsync();
        using (LineClient line = await LineClient.ConnectAsync(http.Server!.EndPoints[0]))
        {
            string arguments = $"${Key.Length}\r\n{Key}\r\n";
            await line.SendAsync(
                $"*2\r\n$3\r\nGET\r\n{arguments}*3\r\n$4\r\nMGET\r\n{arguments}{arguments}*1\r\n$4\r\nPING\r\n*1\r\n$3\r\nSET\r\n*1\r\n$7\r\nUNKNOWN\r\n*1\r\n$4\r\nQUIT\r\n");
            await line.ReadToEndAsync();
        }

        Dictionary<string, double> metrics = await ScrapeUntilAsync(http, "kvtcp_connections_open{protocol=\"tcp\"}", 0);
        Assert.Multiple(() =>
        {
            Assert.That(metrics["kvtcp_requests_total{command=\"get\",outcome=\"ok\"}"], Is.EqualTo(1));
            Assert.That(metrics["kvtcp_requests_total{command=\"mget\",outcome=\"ok\"}"], Is.EqualTo(1));
            Assert.That(metrics["kvtcp_requests_total{command=\"ping\",outcome=\"ok\"}"], Is.EqualTo(1));
            Assert.That(metrics["kvtcp_requests_total{command=\"quit\",outcome=\"ok\"}"], Is.EqualTo(1));
            Assert.That(metrics["kvtcp_requests_total{command=\"write\",outcome=\"error\"}"], Is.EqualTo(1));
            Assert.That(metrics["kvtcp_requests_total{command=\"unknown\",outcome=\"error\"}"], Is.EqualTo(1));
        });
    }

    [Test]
    public async Task Durations_and_batch_sizes_are_sampled()
    {
        await using RunningHttp http = await StartAsync();
        using LineClient line = await LineClient.ConnectAsync(http.Server!.EndPoints[0]);
        const int Reads = RequestSamples.Stride * 40;
        for (int i = 0; i < Reads; i++)
        {
            await line.AskAsync($"GET {Key}");
        }

        Dictionary<string, double> metrics = await ScrapeAsync(http);
        double samples = metrics["kvtcp_request_duration_seconds_count"];
        Assert.That(samples, Is.GreaterThan(0).And.LessThanOrEqualTo(Reads / RequestSamples.Stride + 1));
        Assert.That(metrics["kvtcp_request_duration_seconds_sum"], Is.GreaterThan(0));
        Assert.That(metrics["kvtcp_request_batch_size_count"], Is.EqualTo(samples));
        Assert.That(metrics["kvtcp_request_batch_size_sum"], Is.EqualTo(samples), "each came alone");
    }

    [Test]
    public async Task Http_requests_are_counted_by_route_and_status()
    {
        await using RunningHttp http = await StartAsync();
        (await http.GetAsync($"/v1/keys/{Key}")).Dispose();
        (await http.GetAsync("/v1/keys/nonsense")).Dispose();
        (await http.GetAsync("/some/thing")).Dispose();
        (await http.GetAsync("/other/thing")).Dispose();
        (await http.SendAsync("DELETE", "/v1/stats")).Dispose();
        Dictionary<string, double> metrics = await ScrapeAsync(http);
        Assert.That(metrics["kvtcp_http_requests_total{http_route=\"/v1/keys/{key}\",http_response_status_code=\"200\"}"], Is.EqualTo(1));
        Assert.That(metrics["kvtcp_http_requests_total{http_route=\"/v1/keys/{key}\",http_response_status_code=\"422\"}"], Is.EqualTo(1));
        Assert.That(metrics["kvtcp_http_requests_total{http_route=\"none\",http_response_status_code=\"404\"}"], Is.EqualTo(2), "paths are the client's");
        Assert.That(metrics["kvtcp_http_requests_total{http_route=\"none\",http_response_status_code=\"405\"}"], Is.EqualTo(1));
    }

    [Test]
    public async Task Bytes_and_durations_of_http_are_told_and_those_who_watch_have_no_duration()
    {
        await using RunningHttp http = await StartAsync();
        const string Request = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        const int Requests = RequestSamples.Stride * 8;
        string reply = "";
        for (int i = 0; i < Requests; i++)
        {
            reply = await http.ExchangeAsync(Request);
        }

        Dictionary<string, double> watched = await ScrapeAsync(http);
        Assert.That(watched["kvtcp_http_request_duration_seconds_count"], Is.Zero);
        Assert.That(watched["kvtcp_network_io_bytes_total{protocol=\"http\",network_io_direction=\"transmit\"}"], Is.EqualTo(Requests * reply.Length));
        Assert.That(
            watched["kvtcp_network_io_bytes_total{protocol=\"http\",network_io_direction=\"receive\"}"],
            Is.GreaterThanOrEqualTo(Requests * Request.Length).And.LessThan((Requests + 10) * Request.Length), "the scrape is one more");
        for (int i = 0; i < Requests; i++)
        {
            (await http.GetAsync($"/v1/keys/{Key}")).Dispose();
        }

        Dictionary<string, double> metrics = await ScrapeAsync(http);
        Assert.That(metrics["kvtcp_http_request_duration_seconds_count"], Is.GreaterThan(0).And.LessThan(Requests));
        Assert.That(metrics["kvtcp_http_request_duration_seconds_sum"], Is.GreaterThan(0));
    }

    [Test]
    public async Task Metrics_are_there_before_the_first_load_and_follow_reloads()
    {
        await using (RunningHttp loading = await RunningHttp.StartAsync(new ScriptedSource(), isLoaded: false))
        {
            Dictionary<string, double> before = await ScrapeAsync(loading);
            Assert.That((before["kvtcp_ready"], before["kvtcp_dataset_keys"]), Is.EqualTo((0, 0)));
        }

        ScriptedSource source = RunningHttp.Source("one");
        await using RunningHttp http = await RunningHttp.StartAsync(source);
        source.Text = ScriptedSource.Pairs("one", "two");
        await http.ReloadAsync();
        await ScrapeUntilAsync(http, "kvtcp_dataset_keys", 2);
        Dictionary<string, double> metrics = await ScrapeAsync(http);
        Assert.That(metrics["kvtcp_ready"], Is.EqualTo(1));
        Assert.That(metrics["kvtcp_reloads_total{result=\"done\"}"], Is.EqualTo(1));
        Assert.That(metrics[$"kvtcp_dataset_info{{dataset_id=\"{http.Datasets.Current!.Dataset.Id}\"}}"], Is.EqualTo(1));
        double dataset = metrics["kvtcp_memory_bytes{kind=\"dataset\"}"];
        double anonymous = metrics["kvtcp_memory_bytes{kind=\"anonymous\"}"];
        Assert.That(dataset, Is.EqualTo(http.Datasets.Current!.Dataset.Statistics.NativeBytes + http.Datasets.Previous!.Dataset.Statistics.NativeBytes));
        Assert.That(anonymous, Is.GreaterThan(dataset));
    }

    [Test]
    public async Task Scrapes_during_swaps_always_tell_of_one_dataset()
    {
        ScriptedSource source = RunningHttp.Source("one");
        await using RunningHttp http = await RunningHttp.StartAsync(source, options: new ServerOptions());
        Task<Task> swaps = Task.Factory.StartNew(
            async () =>
            {
                for (int i = 0; i < 30; i++)
                {
                    source.Text = ScriptedSource.Pairs(Enumerable.Repeat("x", (i % 3) + 1));
                    await http.ReloadAsync();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            TaskScheduler.Default);
        do
        {
            Dictionary<string, double> metrics = await ScrapeAsync(http);
            Assert.That(metrics["kvtcp_dataset_keys"], Is.InRange(1, 3));
            Assert.That(metrics.Keys.Count(static name => name.StartsWith("kvtcp_dataset_info", StringComparison.Ordinal)), Is.EqualTo(1));
        }
        while (!(await swaps).IsCompleted);
        await (await swaps);
    }

    [Test]
    public async Task Document_lists_every_metric_and_no_other()
    {
        using TemporaryDirectory directory = new();
        using TestAuthority authority = new();
        ServerOptions options = new() { Tls = new ServerFiles(directory, authority).Write("a server").Load() };
        await using RunningHttp http = await RunningHttp.StartAsync(RunningHttp.Source("one"), options: options);
        (await http.GetAsync("/health/live")).Dispose();
        using HttpResponseMessage response = await http.GetAsync("/metrics");
        IEnumerable<string> types = (await response.Content.ReadAsStringAsync()).Split('\n')
            .Where(static line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(static line => line.Split(' ')[2]);
        string[] suffixes = ["_total", "_seconds", "_bytes"];
        IEnumerable<string> documented = Repository.ReadText("docs/metrics.md").Split('\n')
            .Where(static line => line.StartsWith("| `kvtcp.", StringComparison.Ordinal))
            .SelectMany(static line => line.Split('|')[1].Split(',')).Select(static name => name.Trim(' ', '`').Replace('.', '_'));
        Assert.That(
            types.Select(name => suffixes.Aggregate(name, static (text, suffix) => text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text)),
            Is.EquivalentTo(documented));
    }

    [Test]
    public async Task Clients_that_are_turned_away_are_counted_by_reason()
    {
        TokenGuard guard = new(AuthToken.TryCreate(RunningHttp.Token)!, TimeSpan.Zero, TimeProvider.System);
        await using RunningHttp http = await RunningHttp.StartAsync(
            RunningHttp.Source("one"), options: new ServerOptions { AuthToken = guard, MaxConnectionsPerAddress = 2, MaxKeys = 1 });
        using LineClient first = await LineClient.ConnectAsync(http.Server!.EndPoints[0]);
        using LineClient second = await LineClient.ConnectAsync(http.Server.EndPoints[0]);
        Assert.That((await first.AskAsync("PING"), await second.AskAsync("PING")), Is.EqualTo(("OK PONG", "OK PONG")));
        using LineClient third = await LineClient.ConnectAsync(http.Server.EndPoints[0]);
        await third.ReadToEndAsync();
        Assert.That(await first.AskAsync("AUTH wrong"), Does.StartWith("ERR WRONGPASS "));
        (await http.GetAsync("/debug/datastore", "Authorization: Bearer wrong")).Dispose();
        Assert.That(await first.AskAsync($"AUTH {RunningHttp.Token}"), Is.EqualTo("OK"));
        Assert.That(await first.AskAsync($"MGET {Key} {Key}"), Does.StartWith("ERR ARGS "));
        await second.SendAsync(new string('x', 4_096));
        await second.ReadToEndAsync();

        Dictionary<string, double> metrics = await ScrapeAsync(http);
        Assert.Multiple(() =>
        {
            Assert.That(metrics["kvtcp_connections_rejected_total{protocol=\"tcp\",reason=\"address_limit\"}"], Is.EqualTo(1));
            Assert.That(metrics["kvtcp_connections_rejected_total{protocol=\"tcp\",reason=\"limit\"}"], Is.Zero);
            Assert.That(metrics["kvtcp_requests_rejected_total{reason=\"wrong_token\"}"], Is.EqualTo(2), "one of them over HTTP");
            Assert.That(metrics["kvtcp_requests_rejected_total{reason=\"too_many_keys\"}"], Is.EqualTo(1));
            Assert.That(metrics["kvtcp_requests_rejected_total{reason=\"line_too_long\"}"], Is.EqualTo(1));
        });
    }

    [Test]
    public async Task Http_requests_beyond_a_limit_are_counted_by_reason()
    {
        await using RunningHttp http = await StartAsync();
        string batch = $$"""{"keys":[{{string.Join(',', Enumerable.Repeat($"\"{Key}\"", HttpOptions.MaxBatch + 1))}}]}""";
        HttpResponseMessage[] replies =
        [
            await http.GetAsync($"/{new string('x', 9_000)}"),
            await http.GetAsync("/v1/stats", $"X-Long: {new string('x', 40_000)}"),
            await http.SendAsync("POST", "/v1/keys", new string('x', new HttpOptions().MaxBody + 1)),
            await http.SendAsync("POST", "/v1/keys", batch),
            await http.SendAsync("POST", "/v1/keys", """{"keys":[]}"""),
        ];
        Assert.That(replies.Select(static reply => (int)reply.StatusCode), Is.EqualTo([414, 431, 413, 422, 422]));
        Array.ForEach(replies, static reply => reply.Dispose());

        Dictionary<string, double> metrics = await ScrapeAsync(http);
        Assert.Multiple(() =>
        {
            Assert.That(metrics["kvtcp_requests_rejected_total{reason=\"head_too_long\"}"], Is.EqualTo(2));
            Assert.That(metrics["kvtcp_requests_rejected_total{reason=\"body_too_long\"}"], Is.EqualTo(1));
            Assert.That(metrics["kvtcp_requests_rejected_total{reason=\"batch_too_long\"}"], Is.EqualTo(1));
        });
    }

    private static Task<RunningHttp> StartAsync() => RunningHttp.StartAsync(RunningHttp.Source("one"), options: new ServerOptions());

    private static async Task<Dictionary<string, double>> ScrapeAsync(RunningHttp http)
    {
        using HttpResponseMessage response = await http.GetAsync("/metrics");
        return (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(static line => line[0] != '#')
            .Select(static line => (Name: line[..line.LastIndexOf(' ')], Value: double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)))
            .ToDictionary(static line => line.Name, static line => line.Value, StringComparer.Ordinal);
    }

    private static async Task<Dictionary<string, double>> ScrapeUntilAsync(RunningHttp http, string name, double value)
    {
        Dictionary<string, double> metrics = [];
        await Patience.UntilAsync(
            async () =>
            {
                metrics = await ScrapeAsync(http);
                return metrics[name] == value;
            },
            $"{name} is {value}");
        return metrics;
    }
}
