using KvTcp.Cli;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

public sealed class ValueParsersTests
{
    [TestCase("0", 0)]
    [TestCase("10", 10_000)]
    [TestCase("0.5", 500)]
    [TestCase("500ms", 500)]
    [TestCase("10s", 10_000)]
    [TestCase("5m", 300_000)]
    [TestCase("1h", 3_600_000)]
    [TestCase("24h", 86_400_000)]
    public void Duration_of_a_known_notation_is_read(string text, int milliseconds)
    {
        Assert.That(Duration(text, out TimeSpan value, out _), Is.True);
        Assert.That(value, Is.EqualTo(TimeSpan.FromMilliseconds(milliseconds)));
    }

    [TestCase("", TestName = "Duration_without_text_is_refused")]
    [TestCase("s", TestName = "Duration_without_number_is_refused")]
    [TestCase("-1s", TestName = "Duration_with_sign_is_refused")]
    [TestCase("1d", TestName = "Duration_of_unknown_unit_is_refused")]
    [TestCase("10 s", TestName = "Duration_with_a_space_is_refused")]
    [TestCase("NaN", TestName = "Duration_that_is_no_number_is_refused")]
    [TestCase("Infinitys", TestName = "Duration_without_end_is_refused")]
    [TestCase("24.1h", TestName = "Duration_above_the_limit_is_refused")]
    [TestCase("1e3", TestName = "Duration_with_exponent_is_refused")]
    public void Duration_of_another_notation_is_refused(string text)
    {
        Assert.That(Duration(text, out _, out string? error), Is.False);
        Assert.That(error, Does.Contain($"'{text}'").And.Contains("0s to 24h"));
    }

    [TestCase("1", 1)]
    [TestCase("64KiB", 65_536)]
    [TestCase("1MiB", 1_048_576)]
    [TestCase("2147483647", int.MaxValue)]
    public void Size_of_a_known_notation_is_read(string text, int bytes)
    {
        Assert.That(ValueParsers.Size(1, int.MaxValue)(text, out int value, out _), Is.True);
        Assert.That(value, Is.EqualTo(bytes));
    }

    [TestCase("0")]
    [TestCase("-1")]
    [TestCase("1KB")]
    [TestCase("1.5MiB")]
    [TestCase("2048MiB")]
    [TestCase("9223372036854775807MiB")]
    [TestCase("KiB")]
    [TestCase("")]
    public void Size_of_another_notation_is_refused(string text) =>
        Assert.That(ValueParsers.Size(1, int.MaxValue)(text, out _, out _), Is.False);

    [TestCase("10-70", 10, 70)]
    [TestCase("5", 5, 5)]
    [TestCase("0-1KiB", 0, 1024)]
    [TestCase("2000-2000", 2000, 2000)]
    public void SizeRange_of_a_known_notation_is_read(string text, int min, int max)
    {
        Assert.That(ValueParsers.SizeRange(2000)(text, out (int Min, int Max) value, out _), Is.True);
        Assert.That(value, Is.EqualTo((min, max)));
    }

    [TestCase("70-10")]
    [TestCase("-5")]
    [TestCase("5-")]
    [TestCase("1-2-3")]
    [TestCase("1-2001")]
    public void SizeRange_of_another_notation_is_refused(string text) =>
        Assert.That(ValueParsers.SizeRange(2000)(text, out _, out _), Is.False);

    [TestCase("1", true)]
    [TestCase("5", true)]
    [TestCase("0", false)]
    [TestCase("6", false)]
    [TestCase("3.0", false)]
    [TestCase(" 3", false)]
    [TestCase("99999999999999999999", false)]
    public void Integer_is_held_to_its_limits(string text, bool expected) =>
        Assert.That(ValueParsers.Integer(1, 5)(text, out _, out _), Is.EqualTo(expected));

    [TestCase(0, "0s")]
    [TestCase(100, "100ms")]
    [TestCase(10_000, "10s")]
    [TestCase(90_000, "90s")]
    [TestCase(300_000, "5m")]
    [TestCase(86_400_000, "24h")]
    public void Text_of_a_duration_can_be_read_again(int milliseconds, string expected)
    {
        string text = ValueParsers.Text(TimeSpan.FromMilliseconds(milliseconds));
        Assert.That(text, Is.EqualTo(expected));
        Assert.That(Duration(text, out TimeSpan value, out _), Is.True);
        Assert.That(value.TotalMilliseconds, Is.EqualTo(milliseconds));
    }

    private static bool Duration(string text, out TimeSpan value, out string? error) =>
        ValueParsers.Duration(TimeSpan.Zero, TimeSpan.FromHours(24))(text, out value, out error);
}
