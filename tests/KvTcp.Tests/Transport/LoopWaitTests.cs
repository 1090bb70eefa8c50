using KvTcp.Tests.Support;
using KvTcp.Transport;
using KvTcp.Transport.Pipes;
using Microsoft.AspNetCore.Connections;
using NUnit.Framework;

namespace KvTcp.Tests.Transport;

/// <summary>A handler's call that waits, and what ends the wait. Here the test says when the loop hears of what.</summary>
[Parallelizable(ParallelScope.All)]
public class LoopWaitTests(LoopEngineKind engine) : EveryEngine(engine)
{
    [Test]
    public Task Token_that_fires_before_the_loop_hears_of_the_wait_ends_it() => WithWaitAsync(async (wait, connection) =>
    {
        using CancellationTokenSource cancellation = new();
        ValueTask<int> waiting = new(wait, wait.Start(connection, ConnectionMessages.ReadTokenFired, cancellation.Token));
        await cancellation.CancelAsync();
        wait.EndIfTokenFired();
        Assert.That(waiting.IsCompleted, Is.False, "the loop knows of no wait yet");
        wait.Begin();
        Assert.That(wait.IsWaiting, Is.False);
        await Assert.ThatAsync(
            async () => await waiting, Throws.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(cancellation.Token));
    });

    [Test]
    public Task Token_that_fires_during_the_wait_ends_it_and_one_of_an_earlier_wait_does_not() => WithWaitAsync(async (wait, connection) =>
    {
        using CancellationTokenSource earlier = new();
        ValueTask<int> first = new(wait, wait.Start(connection, ConnectionMessages.ReadTokenFired, earlier.Token));
        wait.Begin();
        wait.EndWith(1);
        Assert.That(await first, Is.EqualTo(1));

        using CancellationTokenSource cancellation = new();
        ValueTask<int> second = new(wait, wait.Start(connection, ConnectionMessages.ReadTokenFired, cancellation.Token));
        wait.Begin();
        await earlier.CancelAsync();
        wait.EndIfTokenFired();
        Assert.That(wait.IsWaiting);
        await cancellation.CancelAsync();
        wait.EndIfTokenFired();
        await Assert.ThatAsync(async () => await second, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(wait.IsUnderWay, Is.False);
    });

    [Test]
    public Task Cancel_request_is_taken_once() => WithWaitAsync((wait, _) =>
    {
        Assert.That(wait.TakeCancelRequest(), Is.False);
        wait.RequestCancel();
        Assert.That(wait.IsCancelRequested);
        Assert.That(wait.TakeCancelRequest());
        Assert.That(wait.TakeCancelRequest() || wait.IsCancelRequested, Is.False);
        return Task.CompletedTask;
    });

    private async Task WithWaitAsync(Func<LoopWait<int>, LoopConnection, Task> test)
    {
        TaskCompletionSource<ConnectionContext> accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopServer server = await StartAsync(connection =>
        {
            accepted.SetResult(connection);
            return LoopServer.EchoAsync(connection);
        });
        using LineClient client = await server.ConnectAsync();
        await test(new LoopWait<int>(), (LoopConnection)await accepted.Task.WaitAsync(Patience.Limit));
    }
}
