using KvTcp.LoadGen;
using KvTcp.Tests.LoadGen.Reporting;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Sweep;

/// <summary>The search for the highest rate, against servers that are a formula.</summary>
[TestFixture]
public class RateSweepTests
{
    [TestCase(100_000, 1_000, "far above the first rate")]
    [TestCase(100_000, 99_000, "just above it")]
    [TestCase(3, 10_000, "far below it")]
    [TestCase(2_000_000, 10_000, "fast")]
    public void Sweep_finds_the_highest_rate_closely(double capacity, double first, string reason)
    {
        SweepResult sweep = Run(first, plan => Answer(plan, Math.Min(plan.Rate!.Value, capacity)));

        Assert.That(sweep.Capacity, Is.InRange(capacity * 0.95, capacity / 0.98), reason);
        Assert.That(sweep.Runs.Select(static step => step.Result.Plan.Rate), Is.Ordered.And.Unique, reason);
        Assert.That(sweep.Runs, Has.Count.LessThan(25), reason);
        Assert.That(sweep.Conclusion, Does.StartWith($"The server keeps up with {FigureText.Rate(sweep.Capacity!.Value)} requests/s, and no longer with "), reason);
    }

    [Test]
    public void Generator_that_falls_behind_is_not_taken_for_the_server()
    {
        SweepResult sweep = Run(
            10_000,
            static plan => Answer(plan, Math.Min(plan.Rate!.Value, 500_000)) with { InvalidReason = plan.Rate > 500_000 ? "the generator fell behind" : null });

        Assert.That(sweep.Capacity, Is.InRange(475_000, 510_000));
        Assert.That(sweep.Conclusion, Does.Contain("too, is not known, for that step is invalid"));
    }

    [TestCase(1, 0, "a request without a reply")]
    [TestCase(0, 1, "a connection that was lost")]
    public void Step_with_a_fault_has_failed(long timeouts, long lost, string reason)
    {
        SweepResult sweep = Run(10_000, plan =>
        {
            LoadResult answer = Answer(plan, plan.Rate!.Value);
            return plan.Rate < 50_000 ? answer : answer with { Counts = answer.Counts with { Timeouts = timeouts, Lost = lost } };
        });

        Assert.That(sweep.Capacity, Is.InRange(45_000, 50_000), reason);
    }

    [Test]
    public void Generator_that_is_late_now_and_then_does_not_end_the_search() => Assert.That(
        Run(10_000, static plan => Answer(plan, Math.Min(plan.Rate!.Value, 500_000)) with { InvalidReason = "late" }).Capacity, Is.InRange(475_000, 510_000));

    [Test]
    public void One_hiccup_does_not_end_the_search()
    {
        bool isFirst = true;
        SweepResult sweep = Run(10_000, plan => Answer(plan, plan.Rate == 20_000 && Interlocked.Exchange(ref isFirst, false) ? 0 : Math.Min(plan.Rate!.Value, 500_000)));

        Assert.That(sweep.Capacity, Is.InRange(475_000, 510_000));
        Assert.That(sweep.Runs.Select(static step => step.Result.Plan.Rate), Is.Unique, "the step that counts is shown");
    }

    [Test]
    public void Server_that_answers_late_what_deep_pipelines_held_has_not_kept_up()
    {
        SweepResult sweep = Run(10_000, static plan => Answer(plan, plan.Rate!.Value) with
        {
            Intervals = [new LoadInterval(default, default, 1, TimeSpan.FromSeconds(plan.Rate > 50_000 ? 21 : 19), default, default)],
        });

        Assert.That(sweep.Capacity, Is.InRange(47_500, 50_000), "the steps took 1,000 s");
    }

    [Test]
    public void Server_that_answers_nothing_has_no_capacity()
    {
        SweepResult sweep = Run(10_000, static plan => Answer(plan, 0));

        Assert.That(sweep.Capacity, Is.Null);
        Assert.That(sweep.Conclusion, Does.StartWith("No rate was found that the server keeps up with"));
        Assert.That(sweep.Runs, Has.Count.LessThan(20));
    }

    [Test]
    public void Interrupt_ends_the_sweep_after_its_step()
    {
        using CancellationTokenSource interrupt = new();
        SweepResult sweep = RateSweep.Run(
            SampleReport.Plan with { Rate = 10_000 },
            (_, plan) =>
            {
                interrupt.Cancel();
                return Answer(plan, plan.Rate!.Value);
            },
            interrupt.Token);

        Assert.That(sweep.Runs, Has.Count.EqualTo(1));
        Assert.That(sweep.Conclusion, Does.EndWith("(interrupted)"));
    }

    [Test]
    public void Steps_differ_in_their_rate_alone()
    {
        SweepResult sweep = Run(10_000, static plan => Answer(plan, Math.Min(plan.Rate!.Value, 70_000)));

        Assert.That(sweep.Runs.Select(static step => step.Result.Plan with { Rate = null }), Is.All.EqualTo(SampleReport.Plan));
        Assert.That(sweep.Runs.Select(static step => step.Name), Does.Contain("10,000/s").And.Contain("20,000/s"));
    }

    [Test]
    public void InOrder_sorts_by_rate_and_takes_the_second_run_of_a_step()
    {
        LoadResult At(double rate, int requests) =>
            SampleReport.Run(SampleReport.Plan with { Rate = rate }) with { Counts = new LoadCounts(requests, 0, 0, 0, 0, 0, 0) };
        NamedRun[] steps = [new("20/s", At(20, 1)), new("40/s", At(40, 2)), new("40/s", At(40, 3)), new("28/s", At(28, 4))];

        Assert.That(
            RateSweep.InOrder(steps).Select(static step => (step.Name, step.Result.Counts.Requests)),
            Is.EqualTo([("20/s", 1L), ("28/s", 4L), ("40/s", 3L)]));
    }

    private static SweepResult Run(double first, Func<LoadPlan, LoadResult> server) =>
        RateSweep.Run(SampleReport.Plan with { Rate = first }, (_, plan) => server(plan), CancellationToken.None);

    private static LoadResult Answer(LoadPlan plan, double rate) =>
        SampleReport.Empty() with { Plan = plan, Elapsed = TimeSpan.FromSeconds(1000), Counts = new LoadCounts((long)(rate * 1000), 0, 0, 0, 0, 0, 0), InvalidReason = null };
}
