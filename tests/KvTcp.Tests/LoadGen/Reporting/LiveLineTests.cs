using KvTcp.LoadGen;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Reporting;

[TestFixture]
public class LiveLineTests
{
    private static readonly LoadInterval Second = new(
        TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1), 71_549, TimeSpan.FromMicroseconds(62), TimeSpan.FromMicroseconds(190), TimeSpan.FromMilliseconds(4));

    [Test]
    public void Second_is_one_line_that_replaces_the_one_before()
    {
        string shown = Show(200, static line => line.ShowSecond("", SampleReport.Plan, Second));

        Assert.That(shown, Is.EqualTo("\r\e[K3 of 10s  71,549 requests/s  p50 62 us  p99 190 us  max 4 ms"));
    }

    [Test]
    public void Run_of_a_count_shows_how_long_it_has_taken() =>
        Assert.That(Show(200, static line => line.ShowSecond("", SampleReport.Plan with { Count = 9 }, Second)), Does.StartWith("\r\e[K3 s  71,549"));

    [Test]
    public void Second_without_a_reply_says_so() =>
        Assert.That(Show(200, static line => line.ShowSecond("", SampleReport.Plan, Second with { Requests = 0 })), Does.EndWith("0 requests/s  no reply"));

    [TestCase(1, "peak: warming up for 1s")]
    [TestCase(0, "peak: connecting")]
    public void Start_says_what_comes_first(int warmUp, string expected) => Assert.That(
        Show(200, line => line.ShowStart("peak", SampleReport.Plan with { WarmUp = TimeSpan.FromSeconds(warmUp) })), Does.EndWith(expected));

    [TestCase(20, 19)]
    [TestCase(2, 1)]
    [TestCase(0, 79, "a terminal that does not tell its width")]
    public void Line_never_fills_the_width(int width, int expected, string reason = "")
    {
        string shown = Show(width, static line => line.ShowSecond(new string('n', 100), SampleReport.Plan, Second));

        Assert.That(shown["\r\e[K".Length..], Has.Length.EqualTo(expected), reason);
    }

    [Test]
    public void Hostile_name_moves_nothing() =>
        Assert.That(Show(400, static line => line.ShowStart(SampleReport.Hostile, SampleReport.Plan))["\r\e[K".Length..].Where(char.IsControl), Is.Empty);

    [Test]
    public void Clear_leaves_an_empty_line() => Assert.That(Show(80, static line => line.Clear()), Is.EqualTo("\r\e[K"));

    private static string Show(int width, Action<LiveLine> show)
    {
        using StringWriter terminal = new();
        show(new LiveLine(terminal, () => width));
        return terminal.ToString();
    }
}
