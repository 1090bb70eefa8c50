using KvTcp.Store;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

public sealed class WorkerThreadsTests
{
    [Test]
    public void Run_calls_each_worker_once([Values(1, 2, 5)] int count)
    {
        int[] calls = new int[count];
        WorkerThreads.Run(count, (worker, _) => Interlocked.Increment(ref calls[worker]), CancellationToken.None);
        Assert.That(calls, Is.All.EqualTo(1));
    }

    [Test]
    public void Run_throws_what_a_worker_throws_and_stops_the_others([Values(0, 1, 2)] int failing) =>
        Assert.That(
            () => WorkerThreads.Run(3, (worker, stop) => FailOrWait(worker == failing, stop), CancellationToken.None),
            Throws.TypeOf<InvalidDataException>());

    [Test]
    public void Run_that_cannot_start_a_thread_leaves_none_at_work([Values(1, 2, 3)] int refused)
    {
        int started = 0;
        int atWork = 0;
        Assert.That(
            () => WorkerThreads.Run(
                4,
                (_, stop) =>
                {
                    stop.WaitHandle.WaitOne();
                    Interlocked.Decrement(ref atWork);
                    stop.ThrowIfCancellationRequested();
                },
                thread =>
                {
                    if (++started == refused)
                    {
                        throw new InvalidOperationException("no thread");
                    }

                    Interlocked.Increment(ref atWork);
                    thread.Start();
                },
                CancellationToken.None),
            Throws.TypeOf<InvalidOperationException>());
        Assert.That((started, Volatile.Read(ref atWork)), Is.EqualTo((refused, 0)));
    }

    [Test]
    public void Run_that_is_cancelled_throws_after_all_have_ended()
    {
        using CancellationTokenSource cancel = new();
        int ended = 0;
        Assert.That(
            () => WorkerThreads.Run(
                3,
                (worker, stop) =>
                {
                    if (worker == 2)
                    {
                        cancel.Cancel();
                    }

                    stop.WaitHandle.WaitOne();
                    Interlocked.Increment(ref ended);
                },
                cancel.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(ended, Is.EqualTo(3));
    }

    private static void FailOrWait(bool fails, CancellationToken stop)
    {
        if (fails)
        {
            throw new InvalidDataException();
        }

        stop.WaitHandle.WaitOne();
        stop.ThrowIfCancellationRequested();
    }
}
