using System.Text.Json.Nodes;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Http;

/// <summary>GET /debug/datastore, docs/http.md#for-clients-of-other-services.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class DatastoreRouteTests
{
    private const string Authorization = $"Authorization: Bearer {RunningHttp.Token}";

    private static readonly string[] Values = [.. Enumerable.Range(0, 1_000).Select(static i => $"value {i}")];

    private static Dictionary<string, string> Expected => Values.Select(static (value, i) => (TestDataset.Key(i).ToString(), value)).ToDictionary(StringComparer.Ordinal);

    [Test]
    public async Task Datastore_holds_all_pairs_and_nothing_else()
    {
        await using RunningHttp http = await RunningHttp.StartAsync(Values);
        using HttpResponseMessage response = await http.GetAsync("/debug/datastore", Authorization);
        JsonObject body = (await RunningHttp.JsonAsync(response)).AsObject();
        Assert.That(body.Select(static property => property.Key), Is.EqualTo(new[] { "datastore" }));
        Assert.That(Pairs(body), Is.EquivalentTo(Expected));
    }

    [TestCase(1_000)]
    [TestCase(1_001)]
    [TestCase(257)]
    [TestCase(999)]
    public async Task Cursor_goes_on_where_the_limit_ended(int limit)
    {
        await using RunningHttp http = await RunningHttp.StartAsync(Values);
        List<KeyValuePair<string, string>> pairs = [];
        string? cursor = null;
        do
        {
            using HttpResponseMessage response = await http.GetAsync(
                $"/debug/datastore?limit={limit}" + (cursor is null ? "" : $"&cursor={cursor}"), Authorization);
            JsonObject body = (await RunningHttp.JsonAsync(response)).AsObject();
            Assert.That(Pairs(body).Count(), Is.LessThanOrEqualTo(limit));
            pairs.AddRange(Pairs(body));
            cursor = (string?)body["next_cursor"];
        }
        while (cursor is not null);
        Assert.That(pairs, Is.EquivalentTo(Expected));
    }

    [TestCase("limit=0", 422)]
    [TestCase("limit=-1", 422)]
    [TestCase("limit=many", 422)]
    [TestCase("limit=99999999999999999999", 422)]
    [TestCase("cursor=", 422)]
    [TestCase("cursor=nonsense", 422)]
    [TestCase("cursor=0000000000000000-0", 410)]
    [TestCase("cursor=0000000000000000-ffffffffffffffff", 422)]
    public async Task Bad_limit_or_cursor_is_refused(string query, int status)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using HttpResponseMessage response = await http.GetAsync($"/debug/datastore?{query}", Authorization);
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
    }

    [Test]
    public async Task Cursor_of_a_dataset_that_is_served_no_more_is_410()
    {
        ScriptedSource source = RunningHttp.Source(Values);
        await using RunningHttp http = await RunningHttp.StartAsync(source);
        using HttpResponseMessage first = await http.GetAsync("/debug/datastore?limit=1", Authorization);
        string? cursor = (string?)(await RunningHttp.JsonAsync(first))["next_cursor"];
        source.Text = ScriptedSource.Pairs([.. Values, "one more"]);
        await http.ReloadAsync();
        using HttpResponseMessage second = await http.GetAsync($"/debug/datastore?limit=1&cursor={cursor}", Authorization);
        Assert.That((int)second.StatusCode, Is.EqualTo(410));
    }

    [Test]
    public async Task Head_sends_nothing_of_it()
    {
        await using RunningHttp http = await RunningHttp.StartAsync(Values);
        using HttpResponseMessage response = await http.SendAsync("HEAD", "/debug/datastore", json: null, Authorization);
        Assert.That((int)response.StatusCode, Is.EqualTo(200));
    }

    private static IEnumerable<KeyValuePair<string, string>> Pairs(JsonObject body) =>
        body["datastore"]!.AsObject().Select(static pair => KeyValuePair.Create(pair.Key, (string)pair.Value!));
}
