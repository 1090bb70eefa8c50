using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using KvTcp.Tests.Support;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Uring;
using NUnit.Framework;

namespace KvTcp.Tests.Transport.Uring;

/// <summary>The two queues of a ring. Each test is on one thread, as a ring demands.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public unsafe class RingTests
{
    private const uint Submissions = 8;
    private const uint Completions = 16;

    [Test]
    public void Nothing_completes_with_its_data()
    {
        using Ring ring = Made();
        PrepareNothing(ring, data: 0xFEDC_BA98_7654_3210);
        Assert.That(ring.Unsubmitted, Is.EqualTo(1));
        Assert.That(ring.Enter(leastCompletions: 1, Timeout.Infinite), Is.EqualTo(1));
        Assert.That(ring.Unsubmitted, Is.Zero);
        Assert.That(ring.CompletionCount, Is.EqualTo(1));
        Assert.That(ring.Peek(0).Data, Is.EqualTo(0xFEDC_BA98_7654_3210));
        Assert.That(ring.TryTake(out Completion completion));
        Assert.That(completion.Data, Is.EqualTo(0xFEDC_BA98_7654_3210));
        Assert.That(completion.Result, Is.Zero);
        Assert.That(completion.HasMore || completion.HasBuffer, Is.False);
        Assert.That(ring.TryTake(out _), Is.False);
    }

    [Test]
    public void Both_queues_go_round_many_times()
    {
        using Ring ring = Made();
        ulong taken = 0;
        for (ulong prepared = 0; prepared < 1_000;)
        {
            for (int i = 0; i < 3; i++)
            {
                PrepareNothing(ring, prepared++);
            }

            Assert.That(ring.Enter(leastCompletions: 3, Timeout.Infinite), Is.EqualTo(3));
            while (ring.TryTake(out Completion completion))
            {
                Assert.That(completion.Data, Is.EqualTo(taken++));
            }
        }

        Assert.That(taken, Is.EqualTo(1_002));
    }

    [Test]
    public void Prepare_of_more_than_fit_submits_those_before()
    {
        using Ring ring = Made();
        for (ulong i = 0; i <= Submissions; i++)
        {
            PrepareNothing(ring, i);
        }

        Assert.That(ring.Unsubmitted, Is.EqualTo(1));
        Assert.That(ring.CompletionCount, Is.EqualTo(Submissions));
        Assert.That(ring.Enter(leastCompletions: 0, Timeout.Infinite), Is.EqualTo(1));
        Assert.That(ring.CompletionCount, Is.EqualTo(Submissions + 1));
    }

    [Test]
    public void Completions_that_do_not_fit_come_when_there_is_room()
    {
        const uint Count = 4 * Completions;
        using Ring ring = Made();
        for (ulong i = 0; i < Count; i++)
        {
            PrepareNothing(ring, i);
        }

        Assert.That(ring.Enter(leastCompletions: 0, Timeout.Infinite), Is.EqualTo(Submissions));
        Assert.That(ring.HasOverflow);
        Assert.That(ring.CompletionCount, Is.EqualTo(Completions));
        List<ulong> taken = [];
        while (ring.CompletionCount > 0)
        {
            while (ring.TryTake(out Completion completion))
            {
                taken.Add(completion.Data);
            }

            Assert.That(ring.Enter(leastCompletions: 0, Timeout.Infinite), Is.Zero);
        }

        Assert.That(ring.HasOverflow, Is.False);
        Assert.That(taken, Is.EqualTo(Enumerable.Range(0, (int)Count).Select(static i => (ulong)i)));
    }

    [Test]
    public void Success_can_be_silent_but_failure_is_not()
    {
        using Ring ring = Made();
        PrepareNothing(ring, 1)->Flags = Submission.SkipSuccess;
        Submission* failing = PrepareNothing(ring, 2);
        failing->Operation = Submission.Cancel;
        failing->Flags = Submission.SkipSuccess;
        failing->Address = 12345;
        Assert.That(ring.Enter(leastCompletions: 0, Timeout.Infinite), Is.EqualTo(2));
        Assert.That(ring.TryTake(out Completion completion));
        Assert.That(completion.Data, Is.EqualTo(2));
        Assert.That(completion.Result, Is.Negative);
        Assert.That(ring.TryTake(out _), Is.False);
    }

    [TestCase(20)]
    [TestCase(1_100, Description = "seconds and nanoseconds")]
    public void Enter_waits_no_longer_than_it_is_told(int milliseconds)
    {
        using Ring ring = Made();
        Stopwatch watch = Stopwatch.StartNew();
        Assert.That(ring.Enter(leastCompletions: 1, milliseconds), Is.Negative);
        Assert.That(Errno.Last, Is.EqualTo(Errno.TimeIsOver));
        Assert.That(ring.IsLost, Is.False);
        Assert.That(watch.Elapsed, Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(milliseconds)));
    }

    [Test]
    public void Poll_of_a_counter_ends_a_wait_at_each_write_of_another_thread()
    {
        using Ring ring = Made();
        int counter = PollCalls.CreateWakeUp();
        try
        {
            Submission* poll = ring.Prepare();
            poll->Operation = Submission.Poll;
            poll->File = counter;
            poll->OperationFlags = PollCalls.Readable;
            poll->Length = Submission.PollMultishot;
            Assert.That(ring.Enter(leastCompletions: 0, Timeout.Infinite), Is.EqualTo(1));
            Assert.That(ring.CompletionCount, Is.Zero);
            for (int i = 0; i < 3; i++)
            {
                Thread writer = new(() => _ = PollCalls.WakeUp(counter));
                writer.Start();
                Assert.That(ring.Enter(leastCompletions: 1, Timeout.Infinite), Is.Zero);
                Assert.That(ring.TryTake(out Completion completion));
                Assert.That(completion.HasMore);
                writer.Join();
            }
        }
        finally
        {
            _ = SocketCalls.Close(counter);
        }
    }

    [Test]
    public void Dispose_gives_back_what_was_under_way_while_the_thread_lives_on()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using (Ring ring = Made())
        using (Socket watched = listener.Accept())
        {
            Submission* poll = ring.Prepare();
            poll->Operation = Submission.Poll;
            poll->File = (int)watched.Handle;
            poll->OperationFlags = PollCalls.Readable;
            Assert.That(ring.Enter(leastCompletions: 0, Timeout.Infinite), Is.EqualTo(1));
        }

        Assert.That(client.Poll(Patience.Limit, SelectMode.SelectRead), "the end of the connection, which a ring that is left would hold");
    }

    [Test]
    public void Ring_that_cannot_be_entered_is_lost_and_takes_what_goes_nowhere() =>
        SeccompThread.Run(SeccompThread.UringEnter, Errno.NotPermitted, static () =>
        {
            using Ring ring = Made();
            for (ulong i = 0; i <= 2 * Submissions; i++)
            {
                PrepareNothing(ring, i);
            }

            Assert.That(ring.IsLost);
            Assert.That(ring.CompletionCount, Is.Zero);
            return ring.IsLost;
        });

    [Test]
    public void Enter_of_a_thread_that_has_not_made_the_ring_is_refused()
    {
        using Ring ring = Made();
        PrepareNothing(ring, 1);
        int errno = 0;
        Thread other = new(() => errno = ring.Enter(leastCompletions: 0, Timeout.Infinite) < 0 ? Errno.Last : 0);
        other.Start();
        other.Join();
        Assert.That(errno, Is.Not.Zero);
    }

    private static Ring Made() => new(Submissions, Completions);

    private static Submission* PrepareNothing(Ring ring, ulong data)
    {
        Submission* nothing = ring.Prepare();
        nothing->Operation = Submission.Nothing;
        nothing->Data = data;
        return nothing;
    }
}
