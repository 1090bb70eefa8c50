using KvTcp.LoadGen;
using KvTcp.Tests.LoadGen.Reporting;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Measure;

public sealed class ThreadTallyTests
{
    [Test]
    public void Replies_after_the_end_count_but_not_in_the_requests_a_second()
    {
        RunSchedule schedule = new(SampleReport.Plan with { WarmUp = TimeSpan.Zero, Duration = TimeSpan.FromSeconds(1) });
        schedule.Begin(LoadClock.Now);
        ThreadTally tally = new(schedule, new SecondsBoard(threads: 1), thread: 0);
        tally.Answered(schedule.Start, schedule.End - 1);
        tally.Answered(schedule.Start, schedule.End);
        tally.Answered(schedule.Start, schedule.End + LoadClock.Second);
        Assert.That((tally.Requests, tally.LateReplies), Is.EqualTo((3L, 2L)));

        LoadResult result = SampleReport.Run() with
        {
            Elapsed = TimeSpan.FromSeconds(1),
            Counts = tally.ToCounts(),
            LateReplies = tally.LateReplies,
        };
        Assert.That(result.RequestsPerSecond, Is.EqualTo(1));
    }
}
