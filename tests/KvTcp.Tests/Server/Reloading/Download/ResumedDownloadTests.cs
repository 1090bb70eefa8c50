using System.Net;
using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using static KvTcp.Tests.Server.Reloading.Download.SampleDownload;

namespace KvTcp.Tests.Server.Reloading.Download;

/// <summary>Downloads that break off: when the next answer may bring the rest, and when everything has to come again.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ResumedDownloadTests
{
    [TestCase("ends", Description = "the connection ends in the middle")]
    [TestCase("stalls", Description = "nothing more comes")]
    public async Task Fetch_goes_on_where_an_answer_broke_off(string fault)
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        store.Misbehave = BreakOffAt(store, 12_345, fault);
        using UrlSource source = new(store.Url, fault is "stalls" ? Hasty with { Timeout = TimeSpan.FromMilliseconds(300) } : Hasty);
        Assert.That(await FetchTextAsync(source), Is.EqualTo(Content));
        Assert.That(store.Requests.Last(), Does.Match("^bytes=[0-9]+-\\|\"1\"\\|\\|$"), "the rest, if it is still the same");
    }

    [TestCase("\"2\"", Description = "the object has changed between the two answers")]
    [TestCase("W/\"2\"", Description = "and has a weak tag since")]
    public async Task Fetch_begins_anew_when_the_object_has_changed_meanwhile(string tag)
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        string other = Content.Replace("value", "other", StringComparison.Ordinal);
        store.Misbehave = async (before, context) =>
        {
            bool isBroken = await BreakOffAt(store, 12_345, "ends")(before, context);
            store.Publish(other, tag);
            return isBroken;
        };
        using UrlSource source = new(store.Url, Hasty);
        Assert.That(await FetchTextAsync(source), Is.EqualTo(other));
    }

    [TestCase("W/\"1\"", Description = "a weak tag allows other bytes")]
    [TestCase(null, Description = "no tag at all")]
    public async Task Fetch_begins_anew_when_nothing_tells_that_the_object_is_the_same(string? tag)
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        store.EntityTag = tag;
        store.Misbehave = BreakOffAt(store, 12_345, "ends");
        using UrlSource source = new(store.Url, Hasty);
        Assert.That(await FetchTextAsync(source), Is.EqualTo(Content));
        Assert.That(store.Requests, Is.EqualTo(["|||", "|||"]));
    }

    [TestCase("\"1\"", "\"1\"", "bytes 0-99/100", Description = "another range than the one asked for")]
    [TestCase("\"1\"", "\"1\"", "bytes 12345-99998/99999", Description = "of an object of another length")]
    [TestCase("\"1\"", "\"2\"", "bytes {0}-{1}/{2}", Description = "of another version, from a server that knows no If-Range")]
    [TestCase("\"1\"", null, "bytes {0}-{1}/{2}", Description = "of a version that is not named")]
    [TestCase(null, null, "bytes {0}-{1}/{2}", Description = "of another time, where times tell versions")]
    public async Task Fetch_does_not_join_what_does_not_fit(string? tag, string? tagOfRest, string range)
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        store.EntityTag = tag;
        store.Modified = DateTimeOffset.Parse("2026-01-02T03:04:05Z");
        Func<int, HttpContext, Task<bool>> breakOff = BreakOffAt(store, 12_345, "ends");
        store.Misbehave = async (before, context) =>
        {
            if (before != 1)
            {
                return await breakOff(before, context);
            }

            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            string from = context.Request.Headers.Range.ToString()["bytes=".Length..^1];
            context.Response.Headers.ContentRange = string.Format(range, from, store.Content.Length - 1, store.Content.Length);
            context.Response.Headers.ETag = tagOfRest;
            context.Response.Headers.LastModified = tagOfRest is null ? "Fri, 02 Jan 2026 03:04:06 GMT" : null;
            await context.Response.WriteAsync(new string('x', store.Content.Length - int.Parse(from)));
            return true;
        };
        using UrlSource source = new(store.Url, Hasty);
        Assert.That(await FetchTextAsync(source), Is.EqualTo(Content));
    }

    [TestCase(120, true, Description = "one version a second, for certain")]
    [TestCase(30, false, Description = "clocks may differ that much")]
    public async Task Fetch_goes_on_by_time_only_with_an_object_that_has_settled(int age, bool isResumed)
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        store.EntityTag = null;
        store.Modified = DateTimeOffset.UtcNow.AddSeconds(-age);
        store.Misbehave = BreakOffAt(store, 12_345, "ends");
        using UrlSource source = new(store.Url, Hasty);
        Assert.That(await FetchTextAsync(source), Is.EqualTo(Content));
        Assert.That(store.Requests.Last(), isResumed ? Does.Match($"^bytes=[0-9]+-\\|{store.Modified:R}\\|\\|$") : Is.EqualTo("|||"));
    }

    [Test]
    public async Task Fetch_takes_what_is_complete_though_the_connection_breaks_before_it_says_so()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task server = Task.Run(async () =>
        {
            await AnswerAsync(listener, "200 OK\r\nContent-Length: 10\r\nETag: \"1\"\r\n\r\nfirst");
            await AnswerAsync(
                listener, "206 Partial Content\r\nContent-Range: bytes 5-9/10\r\nETag: \"1\"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n last\r\n");
        });
        using UrlSource source = new(new Uri($"http://{listener.LocalEndpoint}/"), Hasty);
        Assert.That(await FetchTextAsync(source), Is.EqualTo("first last"));
        await server.WaitAsync(Patience.Limit);
        Assert.That(listener.Pending(), Is.False, "nothing is asked for again");
    }

    /// <summary>Answers one request, and ends the connection.</summary>
    private static async Task AnswerAsync(TcpListener listener, string answer)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync();
        _ = await client.GetStream().ReadAtLeastAsync(new byte[4096], 20);
        await client.GetStream().WriteAsync(ByteText.Bytes($"HTTP/1.1 {answer}"));
    }
}
