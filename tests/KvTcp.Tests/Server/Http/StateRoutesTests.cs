using System.Text.Json.Nodes;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Http;

/// <summary>Health, statistics, reloads, and the OpenAPI document.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class StateRoutesTests
{
    private const string Authorization = $"Authorization: Bearer {RunningHttp.Token}";

    [Test]
    public async Task Ready_says_loading_then_ready_then_draining()
    {
        await using (RunningHttp loading = await RunningHttp.StartAsync(new ScriptedSource(), isLoaded: false))
        {
            await AssertHealthAsync(loading, "/health/live", 200, "live");
            JsonNode body = await AssertHealthAsync(loading, "/health/ready", 503, "loading");
            Assert.That((string?)body["reason"], Is.Not.Empty);
        }

        await using RunningHttp http = await RunningHttp.StartAsync("one");
        JsonNode ready = await AssertHealthAsync(http, "/health/ready", 200, "ready");
        Assert.That((string?)ready["dataset_id"], Is.EqualTo(http.Datasets.Current!.Dataset.Id.ToString()));
        http.Life.Draining();
        await AssertHealthAsync(http, "/health/ready", 503, "draining");
        await AssertHealthAsync(http, "/health/live", 200, "live");
    }

    [Test]
    public async Task Reload_and_rollback_tell_how_they_went_and_so_does_health()
    {
        ScriptedSource source = RunningHttp.Source("one");
        await using RunningHttp http = await RunningHttp.StartAsync(source);
        string before = http.Datasets.Current!.Dataset.Id.ToString();
        source.Text = ScriptedSource.Pairs("two");
        JsonNode reload = await PostAsync(http, "/admin/reload", 200);
        Assert.That((string?)reload["result"], Is.EqualTo("done"));
        Assert.That((string?)reload["dataset_id"], Is.EqualTo(http.Datasets.Current!.Dataset.Id.ToString()).And.Not.EqualTo(before));

        JsonNode rollback = await PostAsync(http, "/admin/rollback", 200);
        Assert.That(((string?)rollback["result"], (string?)rollback["dataset_id"]), Is.EqualTo(("rolled_back", before)));
        Assert.That((string?)(await PostAsync(http, "/admin/rollback", 409))["detail"], Does.Contain("no previous dataset"));

        source.Text = "bad\n";
        string? reason = (string?)(await PostAsync(http, "/admin/reload", 409))["detail"];
        JsonNode ready = await AssertHealthAsync(http, "/health/ready", 200, "ready");
        Assert.That(((string?)ready["last_reload"], (string?)ready["last_reload_reason"]), Is.EqualTo(("refused", reason)));
    }

    [Test]
    public async Task Stats_tells_what_STATS_does_and_counts_requests()
    {
        await using RunningHttp http = await RunningHttp.StartAsync(RunningHttp.Source("one"), options: new());
        (await http.GetAsync($"/v1/keys/{TestDataset.Key(0)}")).Dispose();
        (await http.GetAsync($"/v1/keys/{TestDataset.Missing(0)}")).Dispose();
        (await http.GetAsync("/v1/keys/nonsense")).Dispose();
        using LineClient line = await LineClient.ConnectAsync(http.Server!.EndPoints[0]);
        IReadOnlyDictionary<string, string> stats = await line.StatsAsync();
        using HttpResponseMessage response = await http.GetAsync("/v1/stats");
        JsonObject body = (await RunningHttp.JsonAsync(response)).AsObject();
        JsonObject server = body["server"]!.AsObject();
        Assert.That(server.Select(static property => property.Key), Is.SubsetOf(stats.Keys));
        Assert.That(stats.Where(static line => line.Value is not "none").Select(static line => line.Key), Is.SubsetOf(server.Select(static property => property.Key)));
        Assert.That((string?)server["dataset_id"], Is.EqualTo(stats["dataset_id"]));
        JsonNode counts = body["http"]!;
        Assert.That(((int)counts["requests"]!, (int)counts["key_hits"]!, (int)counts["key_misses"]!, (int)counts["key_errors"]!), Is.EqualTo((3, 1, 1, 1)));
    }

    [Test]
    public async Task OpenApi_document_describes_every_route_with_examples()
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using HttpResponseMessage response = await http.GetAsync("/openapi/v1.json");
        JsonObject document = (await RunningHttp.JsonAsync(response)).AsObject();
        Assert.That((string?)document["openapi"], Does.StartWith("3."));
        string[] operations =
        [
            .. document["paths"]!.AsObject().SelectMany(static path => path.Value!.AsObject().Select(operation => $"{operation.Key} {path.Key}")),
        ];
        Assert.That(operations, Is.EquivalentTo(DocumentedRoutes()));
        foreach (JsonNode? operation in document["paths"]!.AsObject().SelectMany(static path => path.Value!.AsObject().Select(static o => o.Value)))
        {
            JsonObject replies = operation!["responses"]!.AsObject();
            Assert.That(replies["200"], Is.Not.Null, operation.ToJsonString());
            Assert.That((string?)operation["summary"], Is.Not.Empty);
            foreach ((string status, JsonNode? reply) in replies.Where(static reply => reply.Value!["content"] is not null))
            {
                JsonNode content = reply!["content"]!.AsObject().Single().Value!;
                bool isStats = content.ToJsonString().Contains("StatsBody", StringComparison.Ordinal);
                Assert.That(content["schema"], Is.Not.Null, status);
                Assert.That(content["example"] is not null || isStats, operation.ToJsonString());
            }
        }

        JsonNode batch = document["paths"]!["/v1/keys"]!["post"]!["requestBody"]!["content"]!["application/json"]!;
        Assert.That(batch["example"]!["keys"]!.AsArray(), Has.Count.EqualTo(1));
        Assert.That(document["paths"]!["/admin/reload"]!["post"]!["security"]!.AsArray(), Has.Count.EqualTo(2));
        using HttpResponseMessage other = await http.GetAsync("/openapi/v2.json");
        Assert.That((int)other.StatusCode, Is.EqualTo(404));
    }

    /// <summary>The routes of the table of docs/http.md, as the OpenAPI document names them; that of the document itself is not in it.</summary>
    private static IEnumerable<string> DocumentedRoutes() =>
        from line in Repository.ReadText("docs/http.md").Split('\n')
        where line.StartsWith("| `GET ", StringComparison.Ordinal) || line.StartsWith("| `POST ", StringComparison.Ordinal)
        from route in line.Split('|')[1].Split(',')
        let words = route.Trim(' ', '`').Split(' ')
        where words[1] is not "/openapi/v1.json"
        select $"{words[0].ToLowerInvariant()} {words[1]}";

    private static async Task<JsonNode> AssertHealthAsync(RunningHttp http, string path, int status, string word)
    {
        using HttpResponseMessage response = await http.GetAsync(path);
        JsonNode body = await RunningHttp.JsonAsync(response);
        Assert.That(((int)response.StatusCode, (string?)body["status"]), Is.EqualTo((status, word)));
        return body;
    }

    private static async Task<JsonNode> PostAsync(RunningHttp http, string path, int status)
    {
        using HttpResponseMessage response = await http.SendAsync("POST", path, json: null, Authorization);
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        return await RunningHttp.JsonAsync(response);
    }
}
