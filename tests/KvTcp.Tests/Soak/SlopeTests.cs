using KvTcp.Soak;
using NUnit.Framework;

namespace KvTcp.Tests.Soak;

[TestFixture]
public sealed class SlopeTests
{
    [TestCase(0, true, Description = "nothing changes")]
    [TestCase(-5, true, Description = "what falls is no leak")]
    [TestCase(0.1, true, Description = "5 in the second half, which is noise")]
    [TestCase(1, false, Description = "50 in the second half")]
    public void Rise_beyond_the_tolerance_is_not_flat(double perSecond, bool isFlat)
    {
        Slope slope = Of(100, second => 1000 + (long)(second * perSecond), static _ => true);
        Assert.That(slope.IsFlat, Is.EqualTo(isFlat), $"{slope}");
        Assert.That(slope.PerHour, Is.EqualTo(perSecond * 3600).Within(200));
    }

    [Test]
    public void What_the_first_half_rises_by_does_not_count() =>
        Assert.That(Of(100, static second => Math.Min(second, 45) * 100, static _ => true).IsFlat);

    [Test]
    public void What_is_sampled_when_it_is_not_calm_does_not_count() =>
        Assert.That(Of(100, static second => second % 2 == 0 ? 7 : second * 1000, static second => second % 2 == 0).IsFlat);

    [Test]
    public void Too_few_samples_prove_nothing() => Assert.That(Of(100, static _ => 7, static second => second > 98).IsFlat, Is.False);

    private static Slope Of(int seconds, Func<int, long> figure, Func<int, bool> isCalm)
    {
        ServerSample[] samples =
        [
            .. Enumerable.Range(0, seconds).Select(second => new ServerSample(
                TimeSpan.FromSeconds(second), isCalm(second), figure(second), 0, 0, 0, TimeSpan.Zero)),
        ];
        return Slope.Of("figure", "units", samples, static sample => sample.Resident, static _ => 10);
    }
}
