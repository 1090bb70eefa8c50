using KvTcp.LoadGen;
using KvTcp.Tests.LoadGen.Reporting;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Sweep;

[TestFixture]
public class DepthSweepTests
{
    [TestCase(1, "1")]
    [TestCase(8, "1 2 4 8")]
    [TestCase(100, "1 2 4 8 16 32 64 100", "the last, though no power of two")]
    [TestCase(65_536, "1 2 4 8 16 32 64 128 256 512 1024 2048 4096 8192 16384 32768 65536")]
    public void Depths_double_up_to_the_last(int last, string expected, string reason = "") =>
        Assert.That(string.Join(' ', Run(last, static plan => plan.Depth).Runs.Select(static step => step.Result.Plan.Depth)), Is.EqualTo(expected), reason);

    [Test]
    public void Conclusion_names_the_depth_that_is_enough() =>
        Assert.That(
            Run(128, static plan => 1000 * (1 - Math.Pow(0.7, plan.Depth))).Conclusion,
            Is.EqualTo("Most: 1,000 requests/s at depth 128; depth 16 gives at least 95% of that"));

    [Test]
    public void Steps_that_are_not_valid_do_not_count()
    {
        Assert.That(Run(4, static plan => plan.Depth, "why").Conclusion, Is.EqualTo("No step was valid"));
    }

    [Test]
    public void Interrupt_ends_the_sweep_after_its_step()
    {
        using CancellationTokenSource interrupt = new();
        SweepResult sweep = DepthSweep.Run(
            SampleReport.Plan,
            (_, plan) =>
            {
                interrupt.Cancel();
                return SampleReport.Run(plan);
            },
            interrupt.Token);

        Assert.That(sweep.Runs, Has.Count.EqualTo(1));
    }

    private static SweepResult Run(int last, Func<LoadPlan, double> server, string? invalidReason = null) => DepthSweep.Run(
        SampleReport.Plan with { Depth = last },
        (_, plan) => SampleReport.Empty() with
        {
            Plan = plan,
            Elapsed = TimeSpan.FromSeconds(1000),
            Counts = new LoadCounts((long)(server(plan) * 1000), 0, 0, 0, 0, 0, 0),
            InvalidReason = invalidReason,
        },
        CancellationToken.None);
}
