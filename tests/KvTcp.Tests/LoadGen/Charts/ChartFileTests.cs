using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Charts;

/// <summary>Charts as files of their own, as a README shows them, in a browser.</summary>
[TestFixture]
public class ChartFileTests : TestsInBrowser
{
    private static readonly Dictionary<string, string> Charts = new(StringComparer.Ordinal)
    {
        ["bars"] = Bars(("50 connections, depth 1", [("Redis 7.0", 8.5), ("memcached 1.6", 9.1)]), ("8 connections, depth 128", [("Redis 7.0", 1.2), ("KvTcp", 0.53)])),
        ["bars of all sizes"] = Bars(("", [("none", 0), ("most", 1_234_567_890), ("nothing", double.NaN), ("WWWWWWWWWWWWWWWW", 999_999), (new string('w', 300), 1)])),
        ["many groups"] = Bars([.. Enumerable.Range(0, 12).Select(static number => ($"group {number}", Three(number)))]),
        ["lines"] = Lines(AxisScale.Linear, AxisScale.Linear, 3),
        ["lines over decades"] = Lines(AxisScale.Logarithmic, AxisScale.Logarithmic, 3),
        ["many lines"] = Lines(AxisScale.Linear, AxisScale.Logarithmic, 24),
    };

    private static IEnumerable<string> Names => Charts.Keys;

    [TestCaseSource(nameof(Names))]
    public async Task Texts_are_inside_and_apart(string name)
    {
        BrowserPage page = await OpenAsync($"{name}.svg", Charts[name]);

        Assert.That(page.Messages, Is.Empty);
        Assert.That(await page.CoveredTextsAsync(), Is.Empty);
        Assert.That(await page.TextsOutsideAsync(), Is.Empty);
    }

    [Test]
    public async Task Chart_is_light_or_dark_as_the_user_prefers([Values] bool isDark)
    {
        BrowserPage page = await OpenAsync("lines.svg", Charts["lines"], isDark: isDark);
        int[] back = await ColourAsync(page, ".back", "fill");
        int[] text = await ColourAsync(page, ".title", "fill");

        Assert.That(back, isDark ? Is.All.LessThan(64) : Is.All.GreaterThan(192));
        Assert.That(text, isDark ? Is.All.GreaterThan(192) : Is.All.LessThan(64));
    }

    private static IReadOnlyList<(string Name, double Value)> Three(int number) => [("a", number), ("b", number * 1_000), ("c", 0.5)];

    private static string Bars(params (string Group, IReadOnlyList<(string Name, double Value)> Bars)[] groups) =>
        new BarChart { Title = "Server CPU per request", ValueLabel = "microseconds", Groups = groups }.ToSvg();

    private static string Lines(AxisScale x, AxisScale y, int count) => new LineChart
    {
        Title = "Throughput against connections",
        XLabel = "connections",
        YLabel = "requests/s",
        XScale = x,
        YScale = y,
        Series = [.. Enumerable.Range(1, count).Select(static number => new ChartSeries($"server {number}", [(1, 500 * number), (50, 90_000 * number), (2_000, 70_000)]))],
    }.ToSvg();
}
