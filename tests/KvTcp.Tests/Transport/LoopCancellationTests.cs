using System.Buffers;
using System.IO.Pipelines;
using KvTcp.Tests.Support;
using KvTcp.Transport;
using Microsoft.AspNetCore.Connections;
using NUnit.Framework;

namespace KvTcp.Tests.Transport;

/// <summary>Reads and flushes that are not to wait any longer.</summary>
[Parallelizable(ParallelScope.All)]
public class LoopCancellationTests(LoopEngineKind engine) : EveryEngine(engine)
{
    private const int MoreThanTheKernelTakes = 64 << 20;

    [Test]
    public async Task CancelPendingRead_of_another_thread_ends_the_wait_and_the_connection_goes_on([Values] bool isAwaitedLater)
    {
        TaskCompletionSource<ConnectionContext> accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopServer server = await StartAsync(async connection =>
        {
            ValueTask<ReadResult> waiting = connection.Transport.Input.ReadAsync();
            waiting = isAwaitedLater ? waiting : new ValueTask<ReadResult>(waiting.AsTask());
            accepted.SetResult(connection);
            await cancelled.Task;
            ReadResult read = await waiting;
            Assert.That(read.IsCanceled && read.Buffer.IsEmpty);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            await connection.Transport.Output.WriteAsync("cancelled\n"u8.ToArray());
            await LoopServer.EchoAsync(connection);
        });
        using LineClient client = await server.ConnectAsync();
        (await accepted.Task.WaitAsync(Patience.Limit)).Transport.Input.CancelPendingRead();
        cancelled.SetResult();
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("cancelled"));
        Assert.That(await client.AskAsync("some"), Is.EqualTo("some"));
        Assert.That(server.Failures, Is.Empty);
    }

    [Test]
    public async Task CancelPendingRead_without_a_read_cancels_the_next_one_only([Values] bool onLoop)
    {
        await using LoopServer server = await StartAsync(async connection =>
        {
            PipeReader input = connection.Transport.Input;
            if (onLoop)
            {
                await LoopServer.EchoOnceAsync(connection.Transport);
            }

            input.CancelPendingRead();
            ReadResult read = await input.ReadAsync();
            Assert.That(read.IsCanceled);
            input.AdvanceTo(read.Buffer.End);
            await LoopServer.EchoAsync(connection);
        });
        using LineClient client = await server.ConnectAsync();
        Assert.That(await client.AskAsync("some"), Is.EqualTo("some"));
        Assert.That(await client.AskAsync("more"), Is.EqualTo("more"));
        Assert.That(server.Failures, Is.Empty);
    }

    [Test]
    public async Task Token_ends_a_read_and_the_connection_goes_on([Values] bool onLoop, [Values] bool isAwaitedLater)
    {
        using CancellationTokenSource cancellation = new();
        TaskCompletionSource waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource fired = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopServer server = await StartAsync(async connection =>
        {
            if (onLoop)
            {
                await LoopServer.EchoOnceAsync(connection.Transport);
            }

            ValueTask<ReadResult> read = connection.Transport.Input.ReadAsync(cancellation.Token);
            read = isAwaitedLater ? read : new ValueTask<ReadResult>(read.AsTask());
            waits.SetResult();
            await fired.Task;
            await Assert.ThatAsync(async () => await read, Throws.InstanceOf<OperationCanceledException>());
            await Assert.ThatAsync(
                async () => await connection.Transport.Input.ReadAsync(cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
            await connection.Transport.Output.WriteAsync("cancelled\n"u8.ToArray());
            await LoopServer.EchoAsync(connection);
        });
        using LineClient client = await server.ConnectAsync();
        if (onLoop)
        {
            Assert.That(await client.AskAsync("first"), Is.EqualTo("first"));
        }

        await waits.Task.WaitAsync(Patience.Limit);
        await cancellation.CancelAsync();
        fired.SetResult();
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("cancelled"));
        Assert.That(await client.AskAsync("some"), Is.EqualTo("some"));
        Assert.That(server.Failures, Is.Empty);
    }

    [Test]
    public async Task CancelPendingFlush_ends_the_wait_and_everything_is_sent_all_the_same()
    {
        TaskCompletionSource<ConnectionContext> waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopServer server = await StartAsync(async connection =>
        {
            connection.Transport.Output.GetSpan(MoreThanTheKernelTakes).Slice(0, MoreThanTheKernelTakes).Fill((byte)'x');
            connection.Transport.Output.Advance(MoreThanTheKernelTakes);
            ValueTask<FlushResult> flush = connection.Transport.Output.FlushAsync();
            waits.SetResult(connection);
            FlushResult result = await flush;
            Assert.That(result.IsCanceled && !result.IsCompleted);
            connection.Transport.Output.Write("end"u8);
            result = await connection.Transport.Output.FlushAsync();
            Assert.That(result.IsCanceled || result.IsCompleted, Is.False);
        });
        using LineClient client = await server.ConnectAsync();
        (await waits.Task.WaitAsync(Patience.Limit)).Transport.Output.CancelPendingFlush();
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
        Assert.That(text, Has.Length.EqualTo(MoreThanTheKernelTakes + 3));
        Assert.That(text, Does.EndWith("xend"));
        Assert.That(server.Failures, Is.Empty);
    }

    [Test]
    public async Task Cancelled_flush_that_was_held_back_leaves_the_next_one_to_wait_for_the_client()
    {
        TaskCompletionSource<Task> waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopServer server = await StartAsync(async connection =>
        {
            if (waits.Task.IsCompleted)
            {
                await LoopServer.EchoAsync(connection);
                return;
            }

            await LoopServer.RunOnLoopAsync(connection, async () =>
            {
                PipeWriter output = connection.Transport.Output;
                Assert.That((await output.WriteAsync("some\n"u8.ToArray())).IsCanceled, Is.False);
                output.CancelPendingFlush();
                Assert.That((await output.WriteAsync("held back\n"u8.ToArray())).IsCanceled);
                Task<FlushResult> flush = output.WriteAsync(new byte[MoreThanTheKernelTakes]).AsTask();
                waits.SetResult(flush);
                await flush;
            });
        });
        using LineClient client = await server.ConnectAsync(bufferSize: 4096);
        Assert.That(await client.AskAsync("some"), Is.EqualTo("some"));
        Task flush = await waits.Task.WaitAsync(Patience.Limit);
        using LineClient other = await server.ConnectAsync();
        Assert.That(await other.AskAsync("a turn"), Is.EqualTo("a turn"));
        Assert.That(await other.AskAsync("and another"), Is.EqualTo("and another"));
        Assert.That(flush.IsCompleted, Is.False);
        other.EndSending();
        client.Dispose();
        await flush.WaitAsync(Patience.Limit);
        Assert.That(server.Failures, Is.Empty);
    }

    [Test]
    public async Task Token_ends_a_flush()
    {
        using CancellationTokenSource cancellation = new();
        TaskCompletionSource waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopServer server = await StartAsync(async connection =>
        {
            connection.Transport.Output.GetSpan(MoreThanTheKernelTakes);
            connection.Transport.Output.Advance(MoreThanTheKernelTakes);
            ValueTask<FlushResult> flush = connection.Transport.Output.FlushAsync(cancellation.Token);
            waits.SetResult();
            await Assert.ThatAsync(async () => await flush, Throws.InstanceOf<OperationCanceledException>());
            cancelled.SetResult();
            connection.Abort();
        });
        using LineClient client = await server.ConnectAsync();
        await waits.Task.WaitAsync(Patience.Limit);
        await cancellation.CancelAsync();
        await cancelled.Task.WaitAsync(Patience.Limit);
        Assert.That(server.Failures, Is.Empty);
    }
}
