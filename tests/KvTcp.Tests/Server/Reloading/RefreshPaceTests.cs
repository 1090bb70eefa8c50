using KvTcp.Server;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Reloading;

[TestFixture]
public class RefreshPaceTests
{
    private static readonly ReloadOutcome Good = new(ReloadResult.Unchanged, default, "");

    [Test]
    public void Waits_double_with_each_failure_up_to_ten_minutes_and_return_after_a_success()
    {
        RefreshPace pace = new(TimeSpan.FromSeconds(60));
        AssertAbout(60, pace.Next());
        foreach (double seconds in new double[] { 120, 240, 480, 600, 600, 600 })
        {
            pace.Saw(ReloadOutcome.Refused("no"));
            AssertAbout(seconds, pace.Next());
        }

        pace.Saw(Good);
        AssertAbout(60, pace.Next());
    }

    [Test]
    public void Interval_longer_than_the_longest_wait_stays_as_it_is()
    {
        RefreshPace pace = new(TimeSpan.FromHours(1));
        pace.Saw(ReloadOutcome.Refused("no"));
        AssertAbout(3600, pace.Next());
    }

    [Test]
    public void Waits_of_a_fleet_differ()
    {
        RefreshPace pace = new(TimeSpan.FromSeconds(60));
        Assert.That(Enumerable.Range(0, 20).Select(_ => pace.Next()).Distinct().Count(), Is.GreaterThan(10));
    }

    private static void AssertAbout(double seconds, TimeSpan wait) => Assert.That(wait.TotalSeconds, Is.EqualTo(seconds).Within(10.1).Percent);
}
