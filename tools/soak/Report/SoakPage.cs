using System.Xml.Linq;
using KvTcp.LoadGen;

namespace KvTcp.Soak;

/// <summary>A soak as one page, with its plots.</summary>
internal static class SoakPage
{
    /// <summary>Makes it.</summary>
    public static string Write(SoakResult result)
    {
        string title = $"Soak of {(result.Samples is [.., ServerSample last] ? last.At : TimeSpan.Zero).TotalMinutes:0.0} minutes, {result.Plan.Transport}";
        return HtmlPage.Write(title, [.. Body(result, title)]);
    }

    private static IEnumerable<XElement> Body(SoakResult result, string title)
    {
        yield return Html.Element("h1", "", title);
        yield return Html.Element("p", "quiet", $"{result.BeganAt:yyyy-MM-dd HH:mm:ss} UTC, seed {result.Plan.Seed}");
        yield return result.Wrong is []
            ? Html.Element("p", "good", Html.Element("strong", "", "Nothing is wrong"), " every value was right, every error explained, memory, files and threads flat")
            : HtmlPage.Bad("Wrong", "", result.Wrong);
        foreach (LineChart chart in Charts(result))
        {
            yield return Html.Element("div", "scroll", XElement.Parse(chart.ToSvg()));
        }

        yield return Html.Element("h2", "", "Slopes of the second half");
        yield return Html.Element("ul", "", [.. result.Slopes.Select(static slope => Html.Element("li", "", $"{slope}"))]);
        yield return Html.Element("h2", "", "What clients saw");
        yield return Html.Table((["", "times"], result.Seen.Select(static seen => (IReadOnlyList<string>)[seen.What, FigureText.Count(seen.Count)])));
        yield return Html.Element("h2", "", "Events");
        yield return Html.Table((["", "at"], result.Events.Select(static item => (IReadOnlyList<string>)[item.What, $"{item.At:hh\\:mm\\:ss}"])));
        yield return Html.Element("ul", "", [.. result.Notes.Select(static note => Html.Element("li", "", note))]);
    }

    private static IEnumerable<LineChart> Charts(SoakResult result)
    {
        LineChart Chart(string title, string unit, Func<ServerSample, double> figure) => new()
        {
            Title = title,
            XLabel = "time, s",
            YLabel = unit,
            Series = [new ChartSeries("", [.. result.Samples.Select(sample => (sample.At.TotalSeconds, figure(sample)))])],
            Marks = [.. result.Events.Select(static item => (item.At.TotalSeconds, $"{item.At:hh\\:mm\\:ss} {item.What}"))],
        };

        yield return Chart("Steady load", "requests/s", static sample => sample.Rate);
        yield return Chart("99th percentile of the steady load", "latency", static sample => sample.P99.TotalMicroseconds) with
        {
            YScale = AxisScale.Logarithmic,
            YText = FigureText.Latency,
        };
        yield return Chart("RSS", "MiB", static sample => sample.Resident / (double)(1 << 20));
        yield return Chart("Open files and sockets", "files", static sample => sample.OpenFiles);
        yield return Chart("Threads", "threads", static sample => sample.Threads);
    }
}
