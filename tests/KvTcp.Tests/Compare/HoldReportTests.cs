using KvTcp.Compare;
using NUnit.Framework;

namespace KvTcp.Tests.Compare;

[TestFixture]
public class HoldReportTests
{
    private const long Mebibyte = 1 << 20;

    private static readonly HoldResult Small = new(1 << 20, 78_000_000, 0.1, 90 * Mebibyte, 100 * Mebibyte);
    private static readonly HoldResult Large = new(3 << 20, 234_000_000, 0.3, 250 * Mebibyte, 260 * Mebibyte);

    [Test]
    public void Extrapolation_goes_on_as_from_the_second_largest_to_the_largest()
    {
        HoldReport report = Report(new HoldResult(1000, 1, 1, 1, 1), Small, Large);
        Assert.That(report.PeakBytesPerPair, Is.EqualTo(80));
        Assert.That(report.PeakBytesOfNone, Is.EqualTo(20 * Mebibyte));
        Assert.That(report.PairsIn(100 * Mebibyte), Is.EqualTo(Small.Pairs));
        Assert.That(report.PairsIn(1044 * Mebibyte), Is.EqualTo(1024 * Mebibyte / 80));
    }

    [Test]
    public void Extrapolation_from_one_amount_is_in_proportion()
    {
        HoldReport report = Report(Small);
        Assert.That(report.PeakBytesPerPair, Is.EqualTo(100));
        Assert.That(report.PairsIn(200 * Mebibyte), Is.EqualTo(2 * Small.Pairs));
    }

    [Test]
    public void Page_tells_what_is_measured_from_what_is_not()
    {
        string page = HoldPage.Write(Report(Small, Large) with { Omitted = ["9 pairs are not measured: no disk."] });
        Assert.That(page, Does.Contain("| 1,048,576 | 78 | 0.10 | 90 | 100 | 10,737,418 |"));
        Assert.That(page, Does.Contain("9 pairs are not measured: no disk.\n"));
        Assert.That(page, Does.Contain("Each pair adds 80.0 bytes to the peak. From this, and not measured:\n"));
        Assert.That(page, Does.Contain("| memory for the server | pairs, extrapolated |").And.Contain("| 1 GiB | 13.2 million |"));
        Assert.That(HoldPage.Draw(Report(Small, Large)), Does.Contain("The most memory that kvtcp takes"));
    }

    [TestCase(500, new[] { 500L })]
    [TestCase(10_000_000, new[] { 1_000_000L, 10_000_000 })]
    [TestCase(100_000_000, new[] { 1_000_000L, 10_000_000, 100_000_000 })]
    public void SizesUpTo_ends_with_the_most(long most, long[] sizes) => Assert.That(HoldMeasurement.SizesUpTo(most), Is.EqualTo(sizes));

    private static HoldReport Report(params HoldResult[] results) =>
        new("./run.sh compare --hold", DateTimeOffset.UnixEpoch, new Machine("A", 1, 1, "B", "C", "D"), "1.0", results, []);
}
