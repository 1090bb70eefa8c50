using KvTcp.Compare;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Compare;

[TestFixture]
public class CoreSplitTests
{
    [TestCase(new[] { 0 }, new[] { 0 }, new[] { 0 }, TestName = "A single core is shared")]
    [TestCase(new[] { 0, 1 }, new[] { 1 }, new[] { 0 }, TestName = "Of two cores each side has one")]
    [TestCase(new[] { 2, 5, 7 }, new[] { 5, 7 }, new[] { 2 }, TestName = "The servers have the odd one, whatever the numbers")]
    public void Of_gives_the_upper_half_to_the_servers(int[] cores, int[] server, int[] generator)
    {
        CoreSplit split = CoreSplit.Of(cores);
        Assert.That(split.Server, Is.EqualTo(server));
        Assert.That(split.Generator, Is.EqualTo(generator));
    }

    [Test]
    public void OfThisProcess_has_the_cores_that_the_kernel_allows() =>
        Assert.That(CoreSplit.OfThisProcess().All, Is.EqualTo(AllowedCores.Read("/proc/self/status")));
}
