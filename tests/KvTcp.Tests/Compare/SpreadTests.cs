using KvTcp.Compare;
using NUnit.Framework;

namespace KvTcp.Tests.Compare;

[TestFixture]
public class SpreadTests
{
    [TestCase(new[] { 7.0 }, 7, 7, 7, TestName = "One value is its own median and ends")]
    [TestCase(new[] { 9.0, 1, 5 }, 5, 1, 9, TestName = "Of an odd number the one in the middle, whatever the order")]
    [TestCase(new[] { 4.0, 1, 100, 2 }, 3, 1, 100, TestName = "Of an even number the mean of the two in the middle")]
    [TestCase(new[] { 2.0, 2, 2, 50 }, 2, 2, 50, TestName = "An outlier moves an end, not the median")]
    public void Of_gives_median_least_and_most(double[] values, double median, double least, double most) =>
        Assert.That(Spread.Of(values), Is.EqualTo(new Spread(median, least, most)));
}
