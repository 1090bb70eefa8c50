using KvTcp.Transport.Loops;
using NUnit.Framework;

namespace KvTcp.Tests.Transport;

/// <summary>When a loop looks for events before it sleeps. Time passes as the tests say.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class BusyPollTests
{
    private const int Budget = 50;

    [Test]
    public void Poll_without_a_budget_never_starts()
    {
        BusyPoll poll = new(TimeSpan.Zero, TimeProvider.System);
        for (int i = 0; i < 100; i++)
        {
            Assert.That(poll.TryStart(), Is.False);
            poll.OnSlept();
        }

        Assert.That(poll.Counts, Is.EqualTo((0L, 0L)));
    }

    [Test]
    public void Poll_goes_on_until_its_budget_is_spent()
    {
        Clock clock = new();
        BusyPoll poll = new(TimeSpan.FromMicroseconds(Budget), clock);
        Assert.That(poll.TryStart());
        clock.Pass(Budget - 1);
        Assert.That(poll.GoesOn());
        clock.Pass(1);
        Assert.That(poll.GoesOn(), Is.False);
    }

    [Test]
    public void Every_wait_is_polled_while_events_come_within_the_budget()
    {
        Clock clock = new();
        BusyPoll poll = new(TimeSpan.FromMicroseconds(Budget), clock);
        Assert.That(Enumerable.Range(0, 1_000).Count(_ => Wait(poll, clock, Budget - 1)), Is.EqualTo(1_000));
        Assert.That(poll.Counts, Is.EqualTo((1_000L, 1_000L)));
    }

    [Test]
    public void Polls_become_rare_when_events_come_later()
    {
        Clock clock = new();
        BusyPoll poll = new(TimeSpan.FromMicroseconds(Budget), clock);
        int polls = Enumerable.Range(0, 1_700).Count(_ => Wait(poll, clock, 10 * Budget));
        Assert.That(polls, Is.InRange(100, 106), "one in seventeen, after those between which there was less");
        Assert.That(poll.Counts, Is.EqualTo(((long)polls, 0L)));
    }

    [Test]
    public void Polls_come_back_with_the_first_event_that_was_soon()
    {
        Clock clock = new();
        BusyPoll poll = new(TimeSpan.FromMicroseconds(Budget), clock);
        for (int i = 0; !Wait(poll, clock, 10 * Budget) || i < 100; i++)
        {
        }

        Assert.That(Wait(poll, clock, Budget - 1), Is.False, "it sleeps, and is woken soon");
        Assert.That(Wait(poll, clock, Budget - 1));
    }

    /// <summary>Waits as a loop does.</summary>
    /// <param name="poll">What is tested.</param>
    /// <param name="clock">The time.</param>
    /// <param name="microseconds">When the event comes.</param>
    /// <returns>Whether it polled.</returns>
    private static bool Wait(BusyPoll poll, Clock clock, int microseconds)
    {
        bool polls = poll.TryStart();
        for (bool goesOn = polls; goesOn; goesOn = poll.GoesOn())
        {
            if (microseconds == 0)
            {
                poll.OnHit();
                return true;
            }

            microseconds--;
            clock.Pass(1);
        }

        clock.Pass(microseconds);
        poll.OnSlept();
        return polls;
    }

    private sealed class Clock : TimeProvider
    {
        private long _microseconds;

        public override long TimestampFrequency => 1_000_000;

        public void Pass(int microseconds) => _microseconds += microseconds;

        public override long GetTimestamp() => _microseconds;
    }
}
