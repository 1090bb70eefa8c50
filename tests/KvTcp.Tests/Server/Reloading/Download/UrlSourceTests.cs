using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using static KvTcp.Tests.Server.Reloading.Download.SampleDownload;

namespace KvTcp.Tests.Server.Reloading.Download;

/// <summary>Downloads, from a server that misbehaves.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UrlSourceTests
{
    [Test]
    public async Task Fetch_downloads_the_object_under_a_name_without_secrets()
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        using UrlSource source = new(new UriBuilder(store.Url) { UserName = "user", Password = "hidden" }.Uri, Hasty);
        Assert.That(source.Name, Does.EndWith("/pairs.data").And.Not.Contain("secret").And.Not.Contain("hidden"));
        Assert.That(await FetchTextAsync(source), Is.EqualTo(Content));
    }

    [TestCase(true, null, "||\"1\"|")]
    [TestCase(false, "2026-01-02T03:04:05Z", "|||Fri, 02 Jan 2026 03:04:05 GMT")]
    public async Task Fetch_asks_for_what_is_not_known_yet(bool hasTag, string? modified, string request)
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        store.EntityTag = hasTag ? store.EntityTag : null;
        store.Modified = modified is null ? null : DateTimeOffset.Parse(modified);
        using UrlSource source = new(store.Url, Hasty);
        using FetchedData first = (await source.FetchAsync(known: null, CancellationToken.None))!;
        using FetchedData? second = await source.FetchAsync(first.Version, CancellationToken.None);
        Assert.That(store.Requests, Is.EqualTo(["|||", request]));
        Assert.That(second is null, Is.EqualTo(hasTag), "the store knows of tags only");
    }

    [Test]
    public async Task Fetch_gives_up_a_source_that_drips()
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        store.EntityTag = null;
        store.Misbehave = async (_, context) =>
        {
            using PeriodicTimer drops = new(TimeSpan.FromMilliseconds(20));
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync("x");
                await context.Response.Body.FlushAsync();
                await drops.WaitForNextTickAsync();
            }

            return true;
        };
        using UrlSource source = new(store.Url, Hasty with { Timeout = TimeSpan.FromMilliseconds(300) });
        SourceUnavailableException error = (await Assert.ThrowsAsync<SourceUnavailableException>(() => FetchTextAsync(source)))!;
        Assert.That(error.Message, Does.EndWith("the server has sent nothing, or next to nothing, for 0.3 s"));
        Assert.That(store.Requests, Has.Count.EqualTo(5));
    }

    [TestCase("Repr-Digest", "sha-256=:{0}:")]
    [TestCase("Content-Digest", "unknown=:AAAA:, sha-256=:{0}:")]
    [TestCase("Content-MD5", "{1}")]
    public async Task Fetch_tries_again_when_the_checksum_is_wrong(string header, string value)
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
#pragma warning disable CA5351 // It is the algorithm of that header.
        string right = string.Format(
            value, Convert.ToBase64String(SHA256.HashData(store.Content)), Convert.ToBase64String(MD5.HashData(store.Content)));
#pragma warning restore CA5351
        store.Headers[header] = string.Format(value, Convert.ToBase64String(new byte[32]), Convert.ToBase64String(new byte[16]));
        store.Misbehave = (before, _) =>
        {
            store.Headers[header] = before < 2 ? store.Headers[header] : right;
            return Task.FromResult(false);
        };
        using UrlSource source = new(store.Url, Hasty);
        Assert.That(await FetchTextAsync(source), Is.EqualTo(Content));
        Assert.That(store.Requests, Has.Count.EqualTo(3));
    }

    [TestCase(500, 5, false, Description = "is tried again, and given up in the end")]
    [TestCase(503, 5, false)]
    [TestCase(429, 5, false)]
    [TestCase(304, 5, false, Description = "a cache that is wrong: no version was named")]
    [TestCase(404, 1, true, Description = "no use to try again")]
    [TestCase(403, 1, true)]
    [TestCase(401, 1, true)]
    public async Task Fetch_gives_up(int status, int attempts, bool isMissing)
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        store.Misbehave = (_, context) =>
        {
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };
        using UrlSource source = new(store.Url, Hasty);
        SourceUnavailableException error = (await Assert.ThrowsAsync<SourceUnavailableException>(() => FetchTextAsync(source)))!;
        Assert.That(error.Message, Does.StartWith($"{source.Name}: the server answers {status}"));
        Assert.That((error.IsMissing, store.Requests.Count), Is.EqualTo((isMissing, attempts)));
    }

    [Test]
    public async Task Fetch_follows_redirections_but_not_for_ever()
    {
        await using ObjectStore store = await ObjectStore.StartAsync(Content);
        int hops = 3;
        using UrlSource source = new(store.Url, Hasty);
        store.Misbehave = (before, context) =>
        {
            if (before >= hops)
            {
                return Task.FromResult(false);
            }

            context.Response.Redirect("/elsewhere");
            return Task.FromResult(true);
        };
        Assert.That(await FetchTextAsync(source), Is.EqualTo(Content));
        hops = int.MaxValue;
        await Assert.ThrowsAsync<SourceUnavailableException>(() => FetchTextAsync(source));
        Assert.That(store.Requests.Count, Is.LessThan(50));
    }

    [Test]
    public async Task Fetch_refuses_an_answer_without_length_and_checksum()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task server = Task.Run(async () =>
        {
            using TcpClient client = await listener.AcceptTcpClientAsync();
            _ = await client.GetStream().ReadAtLeastAsync(new byte[4096], 20);
            await client.GetStream().WriteAsync("HTTP/1.0 200 OK\r\n\r\nsome"u8.ToArray());
        });
        using UrlSource source = new(new Uri($"http://{listener.LocalEndpoint}/"), Hasty);
        SourceUnavailableException error = (await Assert.ThrowsAsync<SourceUnavailableException>(() => FetchTextAsync(source)))!;
        await server.WaitAsync(Patience.Limit);
        Assert.That(error.Message, Does.Contain("neither a length nor a checksum"));
    }

    [Test]
    public async Task Fetch_from_nobody_is_unavailable()
    {
        using TcpListener closed = new(IPAddress.Loopback, 0);
        closed.Start();
        string address = closed.LocalEndpoint.ToString()!;
        closed.Stop();
        using UrlSource source = new(new Uri($"http://{address}/x.data"), Hasty);
        SourceUnavailableException error = (await Assert.ThrowsAsync<SourceUnavailableException>(() => FetchTextAsync(source)))!;
        Assert.That(error.IsMissing, Is.False, "nobody says that the data is not there");
        Assert.That(error.Message, Does.StartWith($"http://{address}/x.data: ").And.Contain("refused"));
    }

    [Test]
    public async Task Refreshing_server_follows_the_object_and_keeps_its_data_when_the_source_fails()
    {
        await using ObjectStore store = await ObjectStore.StartAsync(ScriptedSource.Pairs("one"));
        using UrlSource source = new(store.Url, Hasty);
        await using ReloadingServer server = await ReloadingServer.LoadAsync(
            [source], new ReloadOptions { Refresh = TimeSpan.FromMilliseconds(20) });
        Assert.That(server.Value(0), Is.EqualTo("one"));
        store.Publish(ScriptedSource.Pairs("two"), "\"2\"");
        await UntilAsync(() => server.Value(0) is "two", "the new object is served");

        store.Publish("garbage", "\"3\"");
        await UntilAsync(() => server.Reloader.State.Refused == 1, "garbage is refused");
        Assert.That(server.Reloader.State.Last!.Reason, Does.StartWith($"{source.Name}:1: "));
        Assert.That(server.Value(0), Is.EqualTo("two"));

        store.Misbehave = static (_, context) =>
        {
            context.Response.StatusCode = 500;
            return Task.FromResult(true);
        };
        await UntilAsync(() => server.Reloader.State.Last!.Reason.Contains("answers 500", StringComparison.Ordinal), "the failure shows");
        store.Misbehave = static (_, _) => Task.FromResult(false);
        store.Publish(ScriptedSource.Pairs("four"), "\"4\"");
        await UntilAsync(() => server.Value(0) is "four", "it recovers");
    }

    [Test]
    public async Task Refresh_loses_no_update_of_one_source_while_another_fails_in_passing()
    {
        await using ObjectStore one = await ObjectStore.StartAsync(ScriptedSource.Pairs("one"));
        await using ObjectStore other = await ObjectStore.StartAsync($"{TestDataset.Key(1)} other\n");
        using UrlSource first = new(one.Url, Hasty);
        using UrlSource second = new(other.Url, Hasty);
        await using ReloadingServer server = await ReloadingServer.LoadAsync([first, second]);
        one.Publish(ScriptedSource.Pairs("two"), "\"2\"");
        other.Misbehave = static (_, context) =>
        {
            context.Response.StatusCode = 500;
            return Task.FromResult(true);
        };
        ReloadOutcome refused = await server.Reloader.ReloadAsync(ReloadTrigger.Refresh).WaitAsync(Patience.Limit);
        Assert.That((refused.Result, server.Value(0)), Is.EqualTo((ReloadResult.Refused, "one")));

        other.Misbehave = static (_, _) => Task.FromResult(false);
        ReloadOutcome done = await server.Reloader.ReloadAsync(ReloadTrigger.Refresh).WaitAsync(Patience.Limit);
        Assert.That((done.Result, server.Value(0), server.Value(1)), Is.EqualTo((ReloadResult.Done, "two", "other")));
    }

    private static Task UntilAsync(Func<bool> condition, string what) => Patience.UntilAsync(() => Task.FromResult(condition()), what);
}
