using System.Text;
using System.Text.Json.Nodes;
using KvTcp.Server.Http;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Http;

/// <summary>POST /v1/keys, docs/http.md#many-keys.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class BatchRouteTests
{
    [Test]
    public async Task Batch_has_a_pair_for_each_key_in_the_order_asked()
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one", "", "three");
        Guid[] keys = [TestDataset.Key(2), TestDataset.Missing(1), TestDataset.Key(1), TestDataset.Key(2), TestDataset.Key(0)];
        using HttpResponseMessage response = await http.SendAsync("POST", "/v1/keys", Body(keys.Select(static key => key.ToString().ToUpperInvariant())));
        JsonNode body = await RunningHttp.JsonAsync(response);
        Assert.That((string?)body["dataset_id"], Is.EqualTo(http.Datasets.Current!.Dataset.Id.ToString()));
        Assert.That(
            body["items"]!.AsArray().Select(static item => ((string?)item!["key"], (string?)item["value"])),
            Is.EqualTo(keys.Select(static key => key.ToString()).Zip([("three"), null, "", "three", "one"])));
        Assert.That(body["items"]![1]!.AsObject().ContainsKey("value"), "an unknown key has null");
    }

    [TestCase(1, 200)]
    [TestCase(HttpOptions.MaxBatch, 200)]
    [TestCase(HttpOptions.MaxBatch + 1, 422)]
    [TestCase(0, 422)]
    public async Task Batch_has_1_to_1000_keys(int count, int status)
    {
        await using RunningHttp http = await RunningHttp.StartAsync(new string('x', 1000));
        using HttpResponseMessage response = await http.SendAsync(
            "POST", "/v1/keys", Body(Enumerable.Repeat(TestDataset.Key(0).ToString(), count)), "Accept-Encoding: identity");
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        if (status == 200)
        {
            Assert.That((await RunningHttp.JsonAsync(response))["items"]!.AsArray(), Has.Count.EqualTo(count));
        }
    }

    [Test]
    public async Task Malformed_keys_refuse_the_batch_and_are_named_by_their_places()
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using HttpResponseMessage response = await http.SendAsync(
            "POST", "/v1/keys", $$"""{"keys":["nonsense","{{TestDataset.Key(0)}}",null,""]}""");
        Assert.That((int)response.StatusCode, Is.EqualTo(422));
        Assert.That((await RunningHttp.JsonAsync(response))["malformed_keys"]!.ToJsonString(), Is.EqualTo("[0,2,3]"));
    }

    [TestCase("{}", 422, Description = "no keys")]
    [TestCase("""{"keys":"x"}""", 422, Description = "not a list")]
    [TestCase("""{"keys":[1]}""", 422, Description = "not text")]
    [TestCase("[", 422, Description = "cut short")]
    [TestCase("", 422, Description = "nothing")]
    [TestCase("{\"keys\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 422, Description = "deeper than anything sensible")]
    public async Task Bad_body_is_422(string body, int status)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using HttpResponseMessage response = await http.SendAsync("POST", "/v1/keys", body);
        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
    }

    [TestCase("/v1/keys", "{\"keys\":[\"\xff\"]}", Description = "in a string")]
    [TestCase("/v1/keys", "{\"keys\xc3\x28\":[]}", Description = "in a name")]
    [TestCase("/v1/keys", "{\"keys\":[\"\xed\xa0\x80\"]}", Description = "half of a surrogate pair")]
    [TestCase("/v1/keys", "\xff\xfe{", Description = "the mark of UTF-16")]
    [TestCase("/get_value", "{\"key\":\"\xff\"}")]
    [TestCase("/get_value", "{\"key\":\"\xc0\xaf\"}", Description = "a slash in two bytes")]
    public async Task Body_that_is_not_utf_8_is_422(string path, string bytes)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using ByteArrayContent content = new(Encoding.Latin1.GetBytes(bytes));
        content.Headers.ContentType = new("application/json");
        using HttpResponseMessage response = await http.Client.PostAsync(new Uri(path, UriKind.Relative), content);
        Assert.That((int)response.StatusCode, Is.EqualTo(422));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Match("^[ -~]*$"), "what was sent is not repeated");
    }

    [TestCase("text/plain")]
    [TestCase("application/x-www-form-urlencoded")]
    [TestCase("multipart/form-data; boundary=x")]
    [TestCase("nonsense")]
    public async Task Body_of_another_type_is_415(string type)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using StringContent content = new(Body([TestDataset.Key(0).ToString()]));
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using HttpResponseMessage response = await http.Client.PostAsync(new Uri("/v1/keys", UriKind.Relative), content);
        Assert.That((int)response.StatusCode, Is.EqualTo(415));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
    }

    [Test]
    public async Task Long_body_is_413([Values] bool isAnnounced)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/keys");
        request.Content = new ByteArrayContent(Encoding.ASCII.GetBytes("{\"keys\":[\"" + new string('x', new HttpOptions().MaxBody)));
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TransferEncodingChunked = !isAnnounced;
        using HttpResponseMessage response = await http.Client.SendAsync(request);
        Assert.That((int)response.StatusCode, Is.EqualTo(413));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
    }

    private static string Body(IEnumerable<string> keys) => $$"""{"keys":[{{string.Join(',', keys.Select(static key => $"\"{key}\""))}}]}""";
}
