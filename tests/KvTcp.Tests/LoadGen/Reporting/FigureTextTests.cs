using KvTcp.LoadGen;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Reporting;

[TestFixture]
public class FigureTextTests
{
    [TestCase(0, "0 us")]
    [TestCase(0.4, "0.4 us", "finer than a microsecond")]
    [TestCase(62.13, "62.1 us")]
    [TestCase(999.4, "999 us", "the last in its unit")]
    [TestCase(999.5, "1 ms", "never 1000 us")]
    [TestCase(1_240, "1.24 ms")]
    [TestCase(999_499, "999 ms")]
    [TestCase(999_500, "1 s")]
    [TestCase(75e6, "75 s", "no larger unit")]
    public void Latency_has_three_digits_and_its_unit(double microseconds, string expected, string reason = "") =>
        Assert.That(FigureText.Latency(TimeSpan.FromMicroseconds(microseconds)), Is.EqualTo(expected), reason);

    [TestCase(0, "0")]
    [TestCase(0.5, "0.5")]
    [TestCase(12.34, "12.3")]
    [TestCase(1_234_567.8, "1,234,568")]
    public void Rate_has_commas_or_three_digits(double rate, string expected) =>
        Assert.That(FigureText.Rate(rate), Is.EqualTo(expected));

    [TestCase("a\u001b[2Jb\r\n\t\0c", "a?[2Jb????c", "what moves or clears")]
    [TestCase("\u009b31m", "?31m", "the one-character form of an escape")]
    [TestCase("über 東京 [x]", "über 東京 [x]", "what is text stays")]
    public void OneLine_controls_no_terminal(string text, string expected, string reason) =>
        Assert.That(FigureText.OneLine(text), Is.EqualTo(expected), reason);
}
