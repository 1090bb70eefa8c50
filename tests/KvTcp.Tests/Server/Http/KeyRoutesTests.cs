using System.Net;
using System.Text;
using System.Text.Json;
using KvTcp.Server;

using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Http;

/// <summary>The routes that tell the value of one key, docs/http.md#keys-and-values.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class KeyRoutesTests
{
    private const string Json = "application/json";
    private const string Authorization = $"Authorization: Bearer {RunningHttp.Token}";

    private static string Key => TestDataset.Key(0).ToString();

    private static string Missing => TestDataset.Missing(0).ToString();

    [TestCase("/v1/keys/{0}", """{"key":"{0}","value":"one \"quoted\" value"}""")]
    [TestCase("/keys/{0}", """{"key":"{0}","value":"one \"quoted\" value"}""")]
    [TestCase("/get/{0}", """{"key":"{0}","value":"one \"quoted\" value"}""")]
    [TestCase("/get_value/{0}", """{"key":"{0}","value":"one \"quoted\" value"}""")]
    [TestCase("/debug/item/{0}", """{"{0}":"one \"quoted\" value"}""")]
    public async Task Get_finds_a_key_in_any_case_and_echoes_it_canonically(string path, string body)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one \"quoted\" value");
        foreach (string key in new[] { Key, Key.ToUpperInvariant(), Key[..18] + Key[18..].ToUpperInvariant() })
        {
            using HttpResponseMessage response = await http.GetAsync(path.Replace("{0}", key, StringComparison.Ordinal), Authorization);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo(Json));
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(body.Replace("{0}", Key, StringComparison.Ordinal)));
        }
    }

    [TestCase("/v1/keys/")]
    [TestCase("/keys/")]
    [TestCase("/get/")]
    [TestCase("/get_value/")]
    public async Task Get_of_an_unknown_key_is_404_and_of_a_malformed_one_422(string path)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        await AssertProblemAsync(await http.GetAsync(path + Missing), 404);
        await AssertProblemAsync(await http.GetAsync(path + "nonsense"), 422);
        await AssertProblemAsync(await http.GetAsync(path + Key.Replace("-", "", StringComparison.Ordinal)), 422);
        await AssertProblemAsync(await http.GetAsync(path + "{" + Key + "}"), 422);
        await AssertProblemAsync(await http.GetAsync(path + Key + "%00"), 400, isOurs: false);
        await AssertProblemAsync(await http.GetAsync(path + "%C3%A9" + Key[1..]), 422);
    }

    [Test]
    public async Task Debug_item_of_an_unknown_key_has_the_detail_of_the_services_that_it_replaces()
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using HttpResponseMessage missing = await http.GetAsync($"/debug/item/{Missing}", Authorization);
        Assert.That(missing.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await missing.Content.ReadAsStringAsync(), Is.EqualTo("""{"detail":"Item not found"}"""));
        await AssertProblemAsync(await http.GetAsync("/debug/item/nonsense", Authorization), 422);
    }

    [TestCase("""{"key":"KEY"}""", 200, """{"value":"one"}""")]
    [TestCase("""{"KEY":1,"key":"KEY"}""", 200, """{"value":"one"}""", Description = "fields that nobody knows")]
    [TestCase("""{"key":"MISSING"}""", 404, """{"message":"no value is stored under this key"}""")]
    [TestCase("""{"key":"nonsense"}""", 422, """{"message":"a key is a UUID, 8-4-4-4-12 hexadecimal digits"}""")]
    [TestCase("""{}""", 422, """{"message":"the field key is missing"}""")]
    [TestCase("""{"key":null}""", 422, """{"message":"the field key is missing"}""")]
    [TestCase("""{"key":17}""", 422, null, Description = "a number is no key")]
    [TestCase("""{"key":["KEY"]}""", 422, null, Description = "nor is a list")]
    [TestCase("""["KEY"]""", 422, null, Description = "not an object")]
    [TestCase("null", 422, null)]
    [TestCase("", 422, null)]
    [TestCase("{\"key\":\"KEY\"", 422, null, Description = "cut short")]
    [TestCase("{\"key\":\"\u0001\"}", 422, null, Description = "a control character")]
    public async Task Post_get_value_answers_with_the_value_or_a_message(string body, int status, string? expected)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        body = body.Replace("\"KEY\"}", $"\"{Key.ToUpperInvariant()}\"}}", StringComparison.Ordinal).Replace("MISSING", Missing, StringComparison.Ordinal);
        using HttpResponseMessage response = await http.SendAsync("POST", "/get_value", body);
        string text = await response.Content.ReadAsStringAsync();
        Assert.That((int)response.StatusCode, Is.EqualTo(status), text);
        Assert.That(text, expected is null ? Does.StartWith("{\"message\":\"") : Is.EqualTo(expected));
    }

    [TestCase("text/plain", 415)]
    [TestCase("application/x-www-form-urlencoded", 415)]
    [TestCase("nonsense", 415)]
    [TestCase("application/json; charset=utf-8", 200)]
    [TestCase("application/merge-patch+json", 200)]
    [TestCase(null, 200, Description = "FastAPI takes a body without a type for JSON")]
    public async Task Post_get_value_looks_at_the_content_type(string? type, int status)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using ByteArrayContent content = new(Encoding.UTF8.GetBytes($$"""{"key":"{{Key}}"}"""));
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using HttpResponseMessage response = await http.Client.PostAsync("/get_value", content);
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
    }

    [TestCase("text/plain", "text/plain")]
    [TestCase("text/plain, */*;q=0.5", "text/plain")]
    [TestCase("application/json;q=0.2, text/plain", "text/plain")]
    [TestCase("application/json, text/plain, */*", Json, Description = "what some browser libraries send")]
    [TestCase("text/plain;q=0", Json)]
    [TestCase("*/*", Json)]
    public async Task Accept_chooses_between_the_pair_and_the_bare_value(string accept, string type)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("ünï\tcode");
        using HttpResponseMessage response = await http.GetAsync($"/v1/keys/{Key}", $"Accept: {accept}");
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo(type));
        Assert.That(response.Headers.Vary, Does.Contain("Accept"));
        string body = await response.Content.ReadAsStringAsync();
        Assert.That(body, Is.EqualTo(type is Json ? $$"""{"key":"{{Key}}","value":"ünï\tcode"}""" : "ünï\tcode"));
    }

    [Test]
    public async Task Head_has_the_headers_of_get_and_no_body()
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using HttpResponseMessage get = await http.GetAsync($"/v1/keys/{Key}");
        using HttpResponseMessage head = await http.SendAsync("HEAD", $"/v1/keys/{Key}");
        Assert.That(head.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(head.Content.Headers.ContentLength, Is.EqualTo(get.Content.Headers.ContentLength));
        Assert.That(head.Headers.ETag, Is.EqualTo(get.Headers.ETag));
        Assert.That(await head.Content.ReadAsByteArrayAsync(), Is.Empty);
        using HttpResponseMessage missing = await http.SendAsync("HEAD", $"/v1/keys/{Missing}");
        Assert.That(missing.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [TestCase("TAG", 304)]
    [TestCase("\"other\", TAG", 304)]
    [TestCase("*", 304)]
    [TestCase("\"other\"", 200)]
    [TestCase("nonsense", 200)]
    public async Task If_none_match_with_the_dataset_that_is_served_is_304(string ifNoneMatch, int status)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        string tag = $"W/\"{http.Datasets.Current!.Dataset.Id}\"";
        using HttpResponseMessage response = await http.GetAsync(
            $"/v1/keys/{Key}", $"If-None-Match: {ifNoneMatch.Replace("TAG", tag, StringComparison.Ordinal)}");
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Headers.ETag!.ToString(), Is.EqualTo(tag));
        Assert.That(response.Headers.CacheControl!.NoCache, Is.True);
        Assert.That(await response.Content.ReadAsByteArrayAsync(), status == 304 ? Is.Empty : Is.Not.Empty);
    }

    [Test]
    public async Task Another_dataset_has_another_entity_tag()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using RunningHttp http = await RunningHttp.StartAsync(source);
        using HttpResponseMessage before = await http.GetAsync($"/v1/keys/{Key}");
        source.Text = ScriptedSource.Pairs("two");
        await http.ReloadAsync();
        using HttpResponseMessage after = await http.GetAsync($"/v1/keys/{Key}", $"If-None-Match: {before.Headers.ETag}");
        Assert.That(after.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await after.Content.ReadAsStringAsync(), Does.Contain("\"two\""));
    }

    [TestCase("br")]
    [TestCase("gzip")]
    [TestCase("gzip;q=1, br;q=0.1")]
    [TestCase("identity")]
    [TestCase("br;q=0, gzip;q=0")]
    public async Task Large_value_arrives_whole_however_it_is_compressed(string accepted)
    {
        // Letters of two bytes, so that parts of the value end within one.
        string value = string.Concat(Enumerable.Range(0, 30_000).Select(static i => i % 7 == 0 ? "\\" : i % 3 == 0 ? "é" : "x"));
        await using RunningHttp http = await RunningHttp.StartAsync(value, "small");
        using HttpClient client = new(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All, UseProxy = false })
        {
            BaseAddress = http.Client.BaseAddress,
        };
        foreach (string accept in new[] { Json, "text/plain" })
        {
            using HttpRequestMessage request = new(HttpMethod.Get, $"/v1/keys/{Key}");
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
            request.Headers.TryAddWithoutValidation("Accept", accept);
            using HttpResponseMessage plain = await http.GetAsync($"/v1/keys/{Key}", $"Accept-Encoding: {accepted}", $"Accept: {accept}");
            string? expected = accepted switch { "br" => "br", ['g', ..] => "gzip", _ => null };
            Assert.That(plain.Content.Headers.ContentEncoding.SingleOrDefault(), Is.EqualTo(expected));
            Assert.That(plain.Headers.Vary, Does.Contain("Accept-Encoding"));
            using HttpResponseMessage response = await client.SendAsync(request);
            string body = await response.Content.ReadAsStringAsync();
            Assert.That(accept is Json ? JsonDocument.Parse(body).RootElement.GetProperty("value").GetString() : body, Is.EqualTo(value));
        }

        using HttpResponseMessage small = await http.GetAsync($"/v1/keys/{TestDataset.Key(1)}", $"Accept-Encoding: {accepted}");
        Assert.That(small.Content.Headers.ContentEncoding, Is.Empty, "less is not worth it");
    }

    [Test]
    public async Task Key_of_another_version_is_422_where_only_version_4_is_a_key()
    {
        ServerOptions options = new() { RequireVersion4 = true };
        await using RunningHttp http = await RunningHttp.StartAsync(new ScriptedSource { Text = ScriptedSource.Pairs("one") }, options: options);
        await AssertProblemAsync(await http.GetAsync("/v1/keys/6ba7b810-9dad-11d1-80b4-00c04fd430c8"), 422);
        using HttpResponseMessage found = await http.GetAsync($"/v1/keys/{Key}");
        Assert.That(found.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Before_the_first_load_keys_are_503_with_a_reason()
    {
        await using RunningHttp http = await RunningHttp.StartAsync(new ScriptedSource(), isLoaded: false);
        using HttpResponseMessage response = await http.GetAsync($"/v1/keys/{Key}");
        Assert.That(response.Headers.RetryAfter, Is.Not.Null);
        await AssertProblemAsync(response, 503);
        await AssertProblemAsync(await http.SendAsync("POST", "/v1/keys", $$"""{"keys":["{{Key}}"]}"""), 503);
        await AssertProblemAsync(await http.GetAsync("/debug/datastore", Authorization), 503);
        await AssertProblemAsync(await http.SendAsync("POST", "/admin/reload", json: null, Authorization), 503);
        using HttpResponseMessage post = await http.SendAsync("POST", "/get_value", $$"""{"key":"{{Key}}"}""");
        Assert.That((int)post.StatusCode, Is.EqualTo(503));
        Assert.That(await post.Content.ReadAsStringAsync(), Does.StartWith("{\"message\":"));
    }

    private static async Task AssertProblemAsync(HttpResponseMessage response, int status, bool isOurs = true)
    {
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        if (isOurs)
        {
            Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
            Assert.That((int)(await RunningHttp.JsonAsync(response))["status"]!, Is.EqualTo(status));
        }

        response.Dispose();
    }
}
