using System.Globalization;
using System.Text.RegularExpressions;
using KvTcp.Cli;
using NUnit.Framework;

namespace KvTcp.Tests.Cli.Stats;

/// <summary>What <c>kvtcp stats --watch</c> draws on terminals of several sizes.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
public sealed partial class StatsScreenTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [TestCase(80, 24)]
    [TestCase(72, 24)]
    [TestCase(60, 40)]
    [TestCase(30, 40)]
    [TestCase(12, 40)]
    [TestCase(5, 60)]
    [TestCase(200, 50)]
    public void No_line_is_wider_than_the_terminal_and_the_usual_height_is_enough(int width, int height)
    {
        string[] lines = Draw(View(), width, height);
        Assert.That(lines.Select(static line => line.Length), Has.All.LessThanOrEqualTo(width));
        Assert.That(lines, Has.Length.LessThan(height), "the last part is not cut off");
    }

    [TestCase(80)]
    [TestCase(40)]
    public void Everything_that_is_asked_for_is_there(int width)
    {
        string screen = string.Join('\n', Draw(View(), width, 30));
        string[] parts =
        [
            "kvtcp 1.2.3 at", "answering", "12,345", "97.5%", "0123456789abcdef", "1,234,567", "2 h 0 min ago, took 3.42 s", "some.data",
            "1.25 GiB", "refused 1 min 0 s ago", "50", "█",
        ];
        foreach (string part in parts)
        {
            Assert.That(screen, Does.Contain(part));
        }
    }

    [Test]
    public void Lost_server_is_named_with_its_reason_and_the_last_figures_stay()
    {
        string screen = string.Join('\n', Draw(View() with { Lost = "connection refused", LostFor = TimeSpan.FromSeconds(75), Rates = null }, 80, 24));
        Assert.That(screen, Does.Contain("lost for 1 min 15 s, trying again: connection refused").And.Contain("1,234,567"));
        Assert.That(screen, Does.Not.Contain("answering").And.Match("requests +- "), "what happens now is not known");
    }

    [Test]
    public void Server_that_has_never_told_its_figures_is_no_more_than_its_head() =>
        Assert.That(Draw(View() with { Figures = null, Rates = null, Lost = "no answer" }, 80, 24), Has.Length.EqualTo(2));

    [Test]
    public void Lines_below_the_terminal_are_left_out() => Assert.That(Draw(View(), 80, 10), Has.Length.EqualTo(10));

    [Test]
    public void Texts_of_the_server_cannot_control_the_terminal()
    {
        string screen = string.Join('\n', Draw(View(("dataset_source", "a\e[2Jb\u0007[red]c")), 80, 24));
        Assert.That(screen, Does.Contain("a?[2Jb?[red]c"));
    }

    [Test]
    public void Terminal_without_unicode_gets_ascii() =>
        Assert.That(string.Concat(Draw(View(), 80, 24, isUnicode: false)), Does.Match("^[ -~]*$"));

    [TestCase("", 4, "")]
    [TestCase("0 0", 4, "▁▁")]
    [TestCase("0 7 3.5", 4, "▁█▅")]
    [TestCase("9 1 2", 2, "▅█", Description = "the oldest has no room, and does not count")]
    public void Sparkline_has_a_character_for_each_number(string numbers, int width, string expected) =>
        Assert.That(
            Sparkline.Of(
                [.. numbers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static number => double.Parse(number, CultureInfo.InvariantCulture))],
                width,
                isUnicode: true),
            Is.EqualTo(expected));

    [TestCase(0.99999, "99.9%")]
    [TestCase(1, "100%")]
    [TestCase(0, "0.0%")]
    public void Percent_is_100_only_when_it_is_all(double share, string expected) => Assert.That(StatsText.Percent(share), Is.EqualTo(expected));

    private static StatsView View(params (string Name, string Value)[] others)
    {
        Dictionary<string, string> figures = new(StringComparer.Ordinal)
        {
            ["version"] = "1.2.3",
            ["uptime_seconds"] = "7200",
            ["dataset_id"] = "0123456789abcdef",
            ["dataset_keys"] = "1234567",
            ["dataset_source"] = "some.data",
            ["dataset_loaded_at"] = "2026-01-31T10:00:00.000Z",
            ["dataset_load_seconds"] = "3.420",
            ["resident_bytes"] = $"{1.25 * (1 << 30)}",
            ["connections_open"] = "50",
            ["reload_last_result"] = "refused",
            ["reload_last_reason"] = "some.data:1: " + new string('x', 300),
            ["reload_last_at"] = "2026-01-31T11:59:00.000Z",
        };
        foreach ((string name, string value) in others)
        {
            figures[name] = value;
        }

        return new StatsView(
            "127.0.0.1:7878",
            Now,
            TimeSpan.FromSeconds(1),
            new StatsSample(figures, timestamp: 0),
            new StatsRates(12_345, 975, 25, 1, 0, 1e6, 2e6),
            [0, 1, 2, .. Enumerable.Repeat(12_345d, 500)],
            Lost: null,
            LostFor: default);
    }

    private static string[] Draw(StatsView view, int width, int height, bool isUnicode = true)
    {
        using StringWriter written = new();
        using StatsTerminal terminal = new(written, () => (width, height), isColoured: true, isUnicode);
        written.GetStringBuilder().Clear();
        terminal.Show(view);
        return ControlSequence().Replace(written.ToString(), "").Split("\r\n");
    }

    [GeneratedRegex("\e\\[[0-9;?]*[A-Za-z]", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex ControlSequence();
}
