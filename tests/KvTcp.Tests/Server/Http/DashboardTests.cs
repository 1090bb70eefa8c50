using System.Net;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Http;

/// <summary>The dashboard in a browser, over a real server.</summary>
[TestFixture]
public sealed class DashboardTests
{
    private const string Script = "<script>window.isRun = true</script><img src=x onerror='window.isRun = true'>";

    private const string Unlabelled = """
        () => [...document.querySelectorAll('input, textarea, button, a, svg, meter, [role=img], [role=region]')]
            .filter(element => element.getClientRects().length > 0 && element.getAttribute('aria-hidden') !== 'true')
            .filter(element => !(element.labels?.length || element.getAttribute('aria-label') || element.textContent.trim()))
            .map(element => element.outerHTML)
        """;

    // WCAG 2.2, success criterion 1.4.3, level AA, for the text as it is drawn over what is behind it.
    private const string Pale = """
        () => {
            const rgb = text => text.match(/[\d.]+/g).map(Number);
            const luminance = colour => colour.slice(0, 3).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
                .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
            const behind = element => {
                for (let e = element; e; e = e.parentElement) {
                    const colour = rgb(getComputedStyle(e).backgroundColor);
                    if (colour.length === 3 || colour[3] === 1) { return colour; }
                }
                return [255, 255, 255];
            };
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, node => node.textContent.trim() ? 1 : 2);
            const pale = [];
            while (walker.nextNode()) {
                const element = walker.currentNode.parentElement;
                const style = getComputedStyle(element);
                if (element.getClientRects().length === 0 || element.closest('[disabled]')) { continue; }
                const isDrawn = element.ownerSVGElement !== undefined && element.ownerSVGElement !== null;
                const one = luminance(rgb(isDrawn ? style.fill : style.color));
                const two = luminance(behind(isDrawn ? element.ownerSVGElement.parentElement : element));
                const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
                if (contrast < 4.5) { pale.push(`${contrast.toFixed(2)}: ${walker.currentNode.textContent.trim()}`); }
            }
            return pale;
        }
        """;

    private Browser _browser = null!;

    [OneTimeSetUp]
    public async Task StartBrowserAsync() => _browser = await Browser.StartAsync();

    [OneTimeTearDown]
    public async Task StopBrowserAsync() => await _browser.DisposeAsync();

    [Test]
    public async Task Page_shows_the_dataset_and_asks_only_its_own_server()
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one", "two");
        BrowserPage page = await OpenAsync(http);
        await page.UntilTextAsync("#state", "Serving");
        await page.UntilTextAsync("#dataset-id", http.Datasets.Current!.Dataset.Id.ToString());

        Assert.That(await TextAsync(page, "#dataset-keys"), Is.EqualTo("2"));
        Assert.That(await TextAsync(page, "#dataset-source"), Is.EqualTo("scripted"));
        Assert.That(page.Messages, Is.Empty);
        Assert.That(page.Requests, Has.Count.GreaterThan(5).And.All.StartsWith($"http://{http.Address}/"));
    }

    [Test]
    public async Task Requests_appear_in_the_figures_and_charts_while_the_page_is_open()
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        BrowserPage page = await OpenAsync(http);
        await page.UntilTextAsync("#now-requests", "0");
        using LineClient line = await LineClient.ConnectAsync(http.Server!.EndPoints[0]);
        await line.AskAsync($"AUTH {RunningHttp.Token}");
        string[] requests = [.. Enumerable.Range(0, 500).Select(static i => $"GET {(i % 10 == 0 ? TestDataset.Missing(0) : TestDataset.Key(0))}")];
        await Patience.UntilAsync(
            async () =>
            {
                foreach (string request in requests)
                {
                    await line.AskAsync(request);
                }

                // A second may begin or end between two requests.
                return await page.AskAsync<bool>("() => Math.abs(parseFloat(document.querySelector('#now-hits').textContent) - 90) < 5")
                    && await page.AskAsync<bool>("() => document.querySelectorAll('#chart-latency path').length === 3");
            },
            "the page shows a hit rate of about 90% and latencies");
        Assert.That(await page.AskAsync<string>("() => document.querySelector('#chart-requests svg').getAttribute('aria-label')"), Does.Contain("now found"));
        await page.UntilTextAsync("#hot", TestDataset.Key(0).ToString());
        await page.UntilTextAsync("#missing", TestDataset.Missing(0).ToString());
        await page.UntilTextAsync("#now-connections", "1");
        Assert.That(page.Messages, Is.Empty);
    }

    [Test]
    public async Task Lookup_shows_values_as_text_misses_and_what_is_no_key()
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one", Script);
        BrowserPage page = await OpenAsync(http);
        string[] keys = [TestDataset.Key(1).ToString().ToUpperInvariant(), TestDataset.Missing(0).ToString(), "nonsense", TestDataset.Key(0).ToString()];
        await page.FillAsync("#keys", string.Join("\n", keys));
        await page.ClickAsync("#lookup-form button");
        await page.UntilTextAsync("#lookup-summary", "2 found, 1 not found, 1 not a UUID");

        string[][] rows = await page.AskAsync<string[][]>(
            "() => [...document.querySelectorAll('#lookup-rows tr')].map(row => [...row.children].map(cell => cell.textContent))");
        Assert.That(rows, Is.EqualTo(new string[][]
        {
            [keys[0].ToLowerInvariant(), "found", Script],
            [keys[1], "not found", ""],
            ["nonsense", "not a UUID", ""],
            [keys[3], "found", "one"],
        }));
        Assert.That(await page.AskAsync<bool>("() => 'isRun' in window || document.querySelector('#lookup-rows img') !== null"), Is.False);
        Assert.That(page.Messages, Is.Empty);
    }

    [Test]
    public async Task Lookup_of_more_keys_than_a_batch_holds_shows_all()
    {
        await using RunningHttp http = await RunningHttp.StartAsync(Enumerable.Range(0, 2_500).Select(static number => $"value {number}"));
        BrowserPage page = await OpenAsync(http);
        await page.FillAsync("#keys", string.Join(' ', Enumerable.Range(0, 2_500).Select(TestDataset.Key)));
        await page.ClickAsync("#lookup-form button");
        await page.UntilTextAsync("#lookup-summary", "2500 found");
        Assert.That(await TextAsync(page, "#lookup-rows tr:last-child td:last-child"), Is.EqualTo("value 2499"));
    }

    [Test]
    public async Task Operator_signs_in_reloads_and_rolls_back()
    {
        ScriptedSource source = RunningHttp.Source("one");
        await using RunningHttp http = await RunningHttp.StartAsync(source);
        string before = http.Datasets.Current!.Dataset.Id.ToString();
        BrowserPage page = await OpenAsync(http);
        await page.FillAsync("#token", "wrong");
        await page.ClickAsync("#sign-in");
        await page.UntilTextAsync("#outcome", "not the token");
        await page.FillAsync("#token", RunningHttp.Token);
        await page.ClickAsync("#sign-in");
        await page.UntilAsync("() => !document.querySelector('#actions').hidden");

        source.Text = ScriptedSource.Pairs("one", "two");
        await page.ClickAsync("#reload");
        await page.UntilTextAsync("#outcome", "Done: serving dataset");
        await page.UntilTextAsync("#dataset-keys", "2");
        await page.UntilTextAsync("#dataset-reload", "done");

        source.Text = "bad\n";
        await page.ClickAsync("#reload");
        await page.UntilAsync("() => document.querySelector('#outcome').dataset.kind === 'bad'");
        await page.UntilTextAsync("#dataset-reload", "refused");

        await page.UntilAsync("() => !document.querySelector('#rollback').disabled");
        await page.ClickAsync("#rollback");
        await page.UntilTextAsync("#outcome", "Rolled back");
        await page.UntilTextAsync("#dataset-id", before);
        Assert.That(http.Datasets.Current!.Dataset.Id.ToString(), Is.EqualTo(before));
    }

    [Test]
    public async Task Page_says_that_the_server_is_lost_and_goes_on_when_it_is_back()
    {
        int port;
        BrowserPage page;
        await using (RunningHttp first = await RunningHttp.StartAsync("one"))
        {
            port = first.Address.Port;
            page = await OpenAsync(first);
            await page.UntilTextAsync("#state", "Serving");
        }

        await page.UntilTextAsync("#state", "Connection lost");
        Assert.That(await page.AskAsync<bool>("() => document.querySelector('#lost').hidden"), Is.False);
        await using RunningHttp second = await RunningHttp.StartAsync(RunningHttp.Source("one", "two", "three"), port: port);
        await page.UntilTextAsync("#state", "Serving");
        await page.UntilTextAsync("#dataset-keys", "3");
        Assert.That(await page.AskAsync<bool>("() => document.querySelector('#lost').hidden"), Is.True);
    }

    [Test]
    public async Task Page_fits_has_labels_and_contrast([Values(380, 1200)] int width, [Values] bool isDark)
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        BrowserPage page = await _browser.OpenAsync($"http://{http.Address}/", width, isDark);
        await page.UntilTextAsync("#state", "Serving");
        await page.FillAsync("#keys", $"{TestDataset.Key(0)} {TestDataset.Missing(0)} nonsense");
        await page.ClickAsync("#lookup-form button");
        await page.UntilTextAsync("#lookup-summary", "1 found");

        Assert.That(await page.AskAsync<bool>("() => document.documentElement.scrollWidth <= window.innerWidth"), Is.True, "nothing is wider than the window");
        Assert.That(await page.AskAsync<string[]>(Unlabelled), Is.Empty);
        Assert.That(await page.AskAsync<string[]>(Pale), Is.Empty);
        Assert.That(await page.CoveredTextsAsync(), Is.Empty);
    }

    [Test]
    public async Task Everything_is_reached_by_keyboard()
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        BrowserPage page = await OpenAsync(http);
        await page.UntilTextAsync("#state", "Serving");
        List<string> reached = [];
        for (int i = 0; i < 20; i++)
        {
            await page.PressAsync("Tab");
            reached.Add(await page.AskAsync<string>("() => document.activeElement.id || document.activeElement.closest('[id]')?.id || 'none'"));
        }

        Assert.That(reached, Is.SupersetOf(["theme", "token", "sign-in", "keys", "chart-requests", "chart-memory"]));
    }

    [Test]
    public async Task Colours_are_the_users_choice_and_last()
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        BrowserPage page = await OpenAsync(http);
        string auto = await BackgroundAsync(page);
        await page.ClickAsync("#theme");
        await page.ClickAsync("#theme");
        string dark = await BackgroundAsync(page);
        await page.ReloadAsync();
        await page.UntilAsync("() => document.documentElement.dataset.theme === 'dark'");
        Assert.That((dark, await BackgroundAsync(page)), Is.EqualTo((dark, dark)).And.Not.EqualTo((auto, auto)));
    }

    [Test]
    public async Task Root_is_a_page_for_browsers_and_a_message_for_programs()
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        using HttpResponseMessage message = await http.GetAsync("/");
        using HttpResponseMessage page = await http.GetAsync("/", "Accept: text/html,application/xhtml+xml,*/*;q=0.8");
        using HttpResponseMessage again = await http.GetAsync("/", "Accept: text/html", $"If-None-Match: {page.Headers.ETag}");
        using HttpResponseMessage missing = await http.GetAsync("/dashboard/..%2findex.html");
        Assert.That((string?)(await RunningHttp.JsonAsync(message))["message"], Does.Contain("key/value"));
        Assert.That(await page.Content.ReadAsStringAsync(), Does.StartWith("<!DOCTYPE html>").And.Not.Contain("style=").And.Not.Contain("http://").And.Not.Contain("https://"));
        Assert.That(page.Headers.GetValues("Content-Security-Policy"), Has.One.Contains("default-src 'none'").And.One.Not.Contains("unsafe"));
        Assert.That((again.StatusCode, missing.StatusCode), Is.EqualTo((HttpStatusCode.NotModified, HttpStatusCode.NotFound)));
    }

    [Test]
    public async Task Events_end_for_clients_that_vanish_and_when_the_server_stops()
    {
        await using RunningHttp http = await RunningHttp.StartAsync("one");
        for (int i = 0; i < 20; i++)
        {
            using Stream events = await http.Client.GetStreamAsync(new Uri("/v1/stats/events", UriKind.Relative));
            using StreamReader reader = new(events);
            Assert.That(await reader.ReadLineAsync(), Does.StartWith("data: {"));
        }

        await Patience.UntilAsync(async () => (int)(await StatsAsync(http))!["http"]!["connections_open"]! <= 1, "the streams' connections are closed");
        Stream last = await http.Client.GetStreamAsync(new Uri("/v1/stats/events", UriKind.Relative));
        await http.Endpoint.StopAsync(CancellationToken.None).WaitAsync(Patience.Limit);
        using StreamReader rest = new(last);
        Assert.That(await rest.ReadToEndAsync().WaitAsync(Patience.Limit), Does.EndWith("\n\n"), "the stream ends, and between two events");
    }

    private static async Task<System.Text.Json.Nodes.JsonNode?> StatsAsync(RunningHttp http)
    {
        using HttpResponseMessage response = await http.GetAsync("/v1/stats");
        return await RunningHttp.JsonAsync(response);
    }

    private Task<BrowserPage> OpenAsync(RunningHttp http) => _browser.OpenAsync($"http://{http.Address}/");

    private static Task<string> TextAsync(BrowserPage page, string element) =>
        page.AskAsync<string>($"() => document.querySelector('{element}').textContent");

    private static Task<string> BackgroundAsync(BrowserPage page) =>
        page.AskAsync<string>("() => getComputedStyle(document.body).backgroundColor");
}
