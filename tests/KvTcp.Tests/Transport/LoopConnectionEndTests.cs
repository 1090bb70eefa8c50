using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using KvTcp.Tests.Support;
using KvTcp.Transport;
using KvTcp.Transport.Uring;
using Microsoft.AspNetCore.Connections;
using NUnit.Framework;

namespace KvTcp.Tests.Transport;

/// <summary>How connections end, from either side.</summary>
[Parallelizable(ParallelScope.All)]
public class LoopConnectionEndTests(LoopEngineKind engine) : EveryEngine(engine)
{
    [Test]
    public async Task Output_still_goes_out_after_the_client_has_ended_its_side_and_ConnectionClosed_tells_of_it()
    {
        await using LoopServer server = await StartAsync(async connection =>
        {
            TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await using CancellationTokenRegistration _ = connection.ConnectionClosed.UnsafeRegister(
                static closed => ((TaskCompletionSource)closed!).SetResult(), closed);
            ReadResult read = await connection.Transport.Input.ReadAsync();
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            while (!read.IsCompleted)
            {
                read = await connection.Transport.Input.ReadAsync();
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
            }

            await closed.Task.WaitAsync(Patience.Limit);
            connection.Transport.Output.Write("still here\n"u8);
            await connection.Transport.Output.FlushAsync();
        });
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync("some");
        client.EndSending();
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo(("still here\n", ConnectionEnd.Closed)));
        Assert.That(server.Failures, Is.Empty);
    }

    [Test]
    public async Task ConnectionClosed_fires_while_the_handler_awaits_something_else([Values] bool resets)
    {
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopServer server = await StartAsync(async connection =>
        {
            await using CancellationTokenRegistration _ = connection.ConnectionClosed.UnsafeRegister(
                static closed => ((TaskCompletionSource)closed!).SetResult(), closed);
            entered.SetResult();
            await closed.Task;
        });
        LineClient client = await server.ConnectAsync();
        await entered.Task.WaitAsync(Patience.Limit);
        if (resets)
        {
            client.Reset();
        }
        else
        {
            client.Dispose();
        }

        Assert.That(async () => await closed.Task.WaitAsync(Patience.Limit), Throws.Nothing);
    }

    /// <summary>With as many bytes a receive of io_uring is over, and only the next read would begin another.</summary>
    [Test]
    public async Task ConnectionClosed_fires_when_a_receive_is_over_and_nobody_reads_on()
    {
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopServer server = await StartAsync(async connection =>
        {
            await using CancellationTokenRegistration _ = connection.ConnectionClosed.UnsafeRegister(
                static closed => ((TaskCompletionSource)closed!).SetResult(), closed);
            for (long left = UringReceive.MostBytes; left > 0;)
            {
                ReadResult read = await connection.Transport.Input.ReadAsync();
                left -= read.Buffer.Length;
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                if (left > 0)
                {
                    await connection.Transport.Output.WriteAsync(ByteText.Bytes($"{left}\n"));
                }
            }

            entered.SetResult();
            await closed.Task;
        });
        LineClient client = await server.ConnectAsync();
        long left = long.Parse(await client.AskAsync("some"), CultureInfo.InvariantCulture);
        await client.SendAsync(new string('x', (int)left));
        await entered.Task.WaitAsync(Patience.Limit);
        client.Dispose();
        Assert.That(async () => await closed.Task.WaitAsync(Patience.Limit), Throws.Nothing);
    }

    [Test]
    public async Task Reset_by_the_client_fails_a_read_and_breaks_the_output([Values] bool isAwaitedLater)
    {
        TaskCompletionSource waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource reset = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopServer server = await StartAsync(async connection =>
        {
            ValueTask<ReadResult> read = connection.Transport.Input.ReadAsync();
            read = isAwaitedLater ? read : new ValueTask<ReadResult>(read.AsTask());
            waits.SetResult();
            await reset.Task;
            await Assert.ThatAsync(async () => await read, Throws.InstanceOf<ConnectionResetException>().With.InnerException.InstanceOf<SocketException>());
            connection.Transport.Output.Write("too late"u8);
            Assert.That((await connection.Transport.Output.FlushAsync()).IsCompleted);
            Assert.That(connection.ConnectionClosed.IsCancellationRequested);
        });
        LineClient client = await server.ConnectAsync();
        await waits.Task.WaitAsync(Patience.Limit);
        client.Reset();
        reset.SetResult();
        await server.ConnectionsEndAsync();
        Assert.That(server.Failures, Is.Empty);
    }

    [Test]
    public async Task Abort_from_another_thread_resets_and_ends_a_read_and_a_flush([Values] bool onLoop)
    {
        TaskCompletionSource<ConnectionContext> waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopServer server = await StartAsync(async connection =>
        {
            if (onLoop)
            {
                await LoopServer.EchoOnceAsync(connection.Transport);
            }

            connection.Transport.Output.GetSpan(64 << 20);
            connection.Transport.Output.Advance(64 << 20);
            ValueTask<FlushResult> flush = connection.Transport.Output.FlushAsync();
            Task<ReadResult> read = connection.Transport.Input.ReadAsync().AsTask();
            waits.SetResult(connection);
            Assert.That((await flush).IsCompleted);
            await Assert.ThatAsync(async () => await read, Throws.InstanceOf<ConnectionAbortedException>().With.Message.EqualTo("a reason"));
            await Assert.ThatAsync(async () => await connection.Transport.Input.ReadAsync(), Throws.InstanceOf<ConnectionAbortedException>());
        });
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync(onLoop ? "some" : "");
        (await waits.Task.WaitAsync(Patience.Limit)).Abort(new ConnectionAbortedException("a reason"));
        Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Reset));
        await server.ConnectionsEndAsync();
        Assert.That(server.Failures, Is.Empty);
    }

    [TestCase(0)]
    [TestCase(100_000, Description = "what the client has sent is in the kernel, or on its way")]
    public async Task Last_reply_is_not_torn_by_bytes_that_nobody_reads(int unread)
    {
        for (int round = 0; round < 20; round++)
        {
            await using LoopServer server = await StartAsync(connection =>
            {
                connection.Transport.Output.Write("the last reply\n"u8);
                return Task.CompletedTask;
            });
            using LineClient client = await server.ConnectAsync();
            Task sending = SendAsync(client, unread);
            Assert.That(await client.ReadToEndAsync(), Is.EqualTo(("the last reply\n", ConnectionEnd.Closed)));
            await sending;
        }
    }

    [Test]
    public async Task Client_that_never_reads_nor_closes_does_not_keep_a_connection_whose_output_the_kernel_has()
    {
        await using LoopServer server = await StartAsync(async connection =>
        {
            connection.Transport.Output.Write(new byte[10_000]);
            await connection.Transport.Output.FlushAsync();
        });
        using LineClient client = await server.ConnectAsync(bufferSize: 4096);
        await server.ConnectionsEndAsync();
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That((text.Length, end), Is.EqualTo((10_000, ConnectionEnd.Closed)), "the kernel delivers the rest");
    }

    [Test]
    public async Task Handler_that_loses_its_client_may_write_to_a_connection_that_sends_in_the_same_turn()
    {
        TaskCompletionSource<LoopConnection> lost = new();
        TaskCompletionSource<LoopConnection> other = new();
        using ManualResetEventSlim isReset = new();
        await using LoopServer server = await StartAsync(async connection =>
        {
            await LoopServer.RunOnLoopAsync(connection, async () =>
            {
                // Before the other client can come.
                bool isFirst = lost.TrySetResult((LoopConnection)connection);
                await connection.Transport.Output.WriteAsync("on the loop\n"u8.ToArray());
                if (isFirst)
                {
                    await Assert.ThatAsync(async () => await connection.Transport.Input.ReadAsync(), Throws.InstanceOf<ConnectionResetException>());
                    PipeWriter output = (await other.Task).Transport.Output;
                    output.Write("it has left\n"u8);
                    await output.FlushAsync();
                    return;
                }

                ReadResult read = await connection.Transport.Input.ReadAsync();
                other.SetResult((LoopConnection)connection);
                isReset.Wait();
                foreach (LoopConnection each in new[] { await lost.Task, (LoopConnection)connection })
                {
                    each.Transport.Output.Write("to both\n"u8);
                    await each.Transport.Output.FlushAsync();
                }

                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                await LoopServer.EchoAsync(connection);
            });
        });
        LineClient leaving = await server.ConnectAsync();
        Assert.That(await leaving.AskAsync("some"), Is.EqualTo("on the loop"));
        using LineClient staying = await server.ConnectAsync();
        Assert.That(await staying.AskAsync("some"), Is.EqualTo("on the loop"));

        // The loop does nothing while it is held, so it finds the reset and the two writes in one turn.
        await staying.SendAsync("some\n");
        await other.Task.WaitAsync(Patience.Limit);
        leaving.Reset();
        using (Socket socket = new(new SafeSocketHandle((await lost.Task).Socket.File, ownsHandle: false)))
        {
            Assert.That(socket.Poll(Patience.Limit, SelectMode.SelectRead), "the reset has arrived");
        }

        isReset.Set();
        Assert.That(new[] { await staying.ReadLineAsync(), await staying.ReadLineAsync() }, Is.EquivalentTo(new[] { "to both", "it has left" }));
        Assert.That(await staying.AskAsync("more"), Is.EqualTo("more"));
        Assert.That(server.Failures, Is.Empty);
    }

    [Test]
    public async Task Output_completed_with_an_exception_resets()
    {
        await using LoopServer server = await StartAsync(async connection =>
        {
            await LoopServer.EchoOnceAsync(connection.Transport);
            await connection.Transport.Output.CompleteAsync(new InvalidDataException("a reason"));
        });
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync("some\n");
        Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Reset));
    }

    [Test]
    public async Task Handler_that_throws_closes_its_connection_in_order_and_no_other()
    {
        await using LoopServer server = await StartAsync(async connection =>
        {
            ReadResult read = await connection.Transport.Input.ReadAsync();
            bool fails = read.Buffer.FirstSpan[0] == (byte)'!';
            connection.Transport.Input.AdvanceTo(read.Buffer.Start);
            await LoopServer.EchoOnceAsync(connection.Transport);
            await (fails ? throw new InvalidDataException("a bug") : LoopServer.EchoAsync(connection));
        });
        using LineClient failing = await server.ConnectAsync();
        using LineClient other = await server.ConnectAsync();
        Assert.That(await other.AskAsync("some"), Is.EqualTo("some"));
        await failing.SendAsync("!\n");
        Assert.That(await failing.ReadToEndAsync(), Is.EqualTo(("!\n", ConnectionEnd.Closed)));
        Assert.That(await other.AskAsync("more"), Is.EqualTo("more"));
        Assert.That(server.Failures, Has.Exactly(1).InstanceOf<InvalidDataException>());
    }

    [Test]
    public async Task Disposed_transport_aborts_connections_and_their_pipes_go_on_to_answer()
    {
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        LoopServer server = await StartAsync(async connection =>
        {
            ValueTask<ReadResult> read = connection.Transport.Input.ReadAsync();
            waits.SetResult();
            await Assert.ThatAsync(async () => await read, Throws.InstanceOf<ConnectionAbortedException>());
            await stopped.Task;
            await Assert.ThatAsync(async () => await connection.Transport.Input.ReadAsync(), Throws.InstanceOf<ConnectionAbortedException>());
            connection.Transport.Output.Write("too late"u8);
            Assert.That((await connection.Transport.Output.FlushAsync()).IsCompleted);
            connection.Transport.Input.CancelPendingRead();
            connection.Abort();
        });
        using LineClient client = await server.ConnectAsync();
        await waits.Task.WaitAsync(Patience.Limit);
        ValueTask disposal = server.DisposeAsync();
        Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Reset));
        stopped.SetResult();
        await disposal;
        Assert.That(server.Failures, Is.Empty);
    }

    private static async Task SendAsync(LineClient client, int length)
    {
        try
        {
            await client.SendAsync(new byte[length]);
        }
        catch (SocketException)
        {
            // The server has closed.
        }
    }
}
