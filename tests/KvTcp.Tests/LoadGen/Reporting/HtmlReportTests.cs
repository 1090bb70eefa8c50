using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Reporting;

/// <summary>The page in a browser: it is complete, needs nothing else, and nothing in it covers anything else.</summary>
[TestFixture]
public class HtmlReportTests : TestsInBrowser
{
    private static readonly Dictionary<string, LoadReport> Reports = new(StringComparer.Ordinal)
    {
        ["a run"] = SampleReport.Of(SampleReport.Run()),
        ["a run that measured nothing"] = SampleReport.Of(SampleReport.Empty()),
        ["a run that the server did not keep up with"] = SampleReport.Of(SampleReport.Overloaded()),
        ["a scenario"] = SampleReport.Of(
            ReportKind.Scenario, new NamedRun("calm", SampleReport.Run()), new NamedRun("busy", SampleReport.Run(start: 12))),
        ["hostile text"] = SampleReport.Of(ReportKind.Scenario, new NamedRun(SampleReport.Hostile, SampleReport.Worst())),
        ["a sweep of rates"] = Of(
            ReportKind.RateSweep,
            RateSweep.Run(SampleReport.Plan with { Rate = 10_000 }, static (_, plan) => Answer(plan, plan.Rate!.Value, 400_000), CancellationToken.None)),
        ["a sweep of depths"] = Of(
            ReportKind.DepthSweep,
            DepthSweep.Run(SampleReport.Plan with { Depth = 128 }, static (_, plan) => Answer(plan, plan.Depth * 90_000, 2_000_000), CancellationToken.None)),
    };

    private static IEnumerable<string> Names => Reports.Keys;

    [TestCaseSource(nameof(Names))]
    public async Task Page_draws_its_charts_without_a_message_or_another_request(string name)
    {
        BrowserPage page = await OpenReportAsync(name);

        Assert.That(page.Messages, Is.Empty);
        Assert.That(page.Requests, Has.Count.EqualTo(1).And.All.StartsWith("file:"));
        Assert.That(await page.AskAsync<int>("() => document.querySelectorAll('main svg').length"), Is.EqualTo(3));
        Assert.That(await page.AskAsync<int>("() => document.querySelectorAll('script, img, link, iframe, object').length"), Is.Zero);
        Assert.That(await page.AskAsync<string>("() => document.compatMode"), Is.EqualTo("CSS1Compat"));
    }

    [Test]
    public async Task Texts_of_charts_are_inside_and_apart([ValueSource(nameof(Names))] string name, [Values(400, 1000)] int width)
    {
        BrowserPage page = await OpenReportAsync(name, width);

        Assert.That(await page.CoveredTextsAsync(), Is.Empty);
        Assert.That(await page.TextsOutsideAsync(), Is.Empty);
        Assert.That(
            await page.AskAsync<bool>("() => document.documentElement.scrollWidth <= window.innerWidth"), Is.True, "wide parts are scrolled alone");
    }

    [Test]
    public async Task Page_is_light_or_dark_as_the_user_prefers([Values] bool isDark)
    {
        BrowserPage page = await OpenReportAsync("a run", isDark: isDark);
        int[] back = await ColourAsync(page, "body", "backgroundColor");
        int[] chart = await ColourAsync(page, ".back", "fill");

        Assert.That(back.Concat(chart), isDark ? Is.All.LessThan(64) : Is.All.GreaterThan(192));
    }

    [Test]
    public async Task Hostile_text_is_shown_as_text()
    {
        BrowserPage page = await OpenReportAsync("hostile text");
        string text = await page.AskAsync<string>("() => document.body.innerText");

        Assert.That(text, Does.Contain("reason <script>alert(1)</script>&\"'</style>]]>-->[red]"));
        Assert.That(text, Does.Contain("sample <script>alert(1)</script>").And.Contain("error <script>alert(1)</script>"));
    }

    [Test]
    public async Task Page_shows_figures_plan_and_machine()
    {
        string text = await (await OpenReportAsync("a run")).AskAsync<string>("() => document.body.innerText");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(text, Does.Contain("Load test of 127.0.0.1:7878"));
            Assert.That(text, Does.Contain("10,000 requests/s, p50 67."));
            Assert.That(text, Does.Contain("closed loop, 10s, after 1s of warm-up"));
            Assert.That(text, Does.Contain("2 × A processor at 3 GHz"));
            Assert.That(text, Does.Contain("2026-03-01 12:30:00 UTC, kvtcp loadgen "));
        }
    }

    [Test]
    public async Task Page_says_that_the_server_did_not_keep_up()
    {
        string text = await (await OpenReportAsync("a run that the server did not keep up with")).AskAsync<string>("() => document.body.innerText");

        Assert.That(text, Does.Contain("Overloaded").And.Contain("200 of 800 requests").And.Contain("60 requests/s, p50 > 67."));
    }

    private static LoadReport Of(ReportKind kind, SweepResult sweep) =>
        SampleReport.Of(kind, sweep.Runs) with { Conclusion = sweep.Conclusion, Capacity = sweep.Capacity };

    private static LoadResult Answer(LoadPlan plan, double rate, double capacity) => SampleReport.Run(plan) with
    {
        Counts = new LoadCounts((long)(Math.Min(rate, capacity) * 10), 0, 0, 0, 0, 0, 0),
    };

    private Task<BrowserPage> OpenReportAsync(string name, int width = 1000, bool isDark = false) =>
        OpenAsync($"{name}.html", HtmlReport.Write(Reports[name]), width, isDark);
}
