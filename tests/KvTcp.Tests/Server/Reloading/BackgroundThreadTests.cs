using KvTcp.Server;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Reloading;

public sealed class BackgroundThreadTests
{
    [Test]
    public async Task Work_runs_on_a_thread_of_its_own()
    {
        int thread = await BackgroundThread.RunAsync(static () => Thread.CurrentThread.IsThreadPoolThread ? 0 : Environment.CurrentManagedThreadId);
        Assert.That(thread, Is.Not.Zero.And.Not.EqualTo(Environment.CurrentManagedThreadId));
    }

    [Test]
    public void Thread_that_cannot_be_started_is_told_from_memory_that_is_missing() => Assert.That(
        () => BackgroundThread.RunAsync(static () => 0, new NoThreads()),
        Throws.TypeOf<IOException>().With.Message.StartsWith("no more threads: "));

    /// <summary>What .NET's own scheduler does where the system grants no thread.</summary>
    private sealed class NoThreads : TaskScheduler
    {
#pragma warning disable MA0012, CA2201 // The runtime's exception is what is acted.
        protected override void QueueTask(Task task) => throw new OutOfMemoryException();
#pragma warning restore MA0012, CA2201

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
