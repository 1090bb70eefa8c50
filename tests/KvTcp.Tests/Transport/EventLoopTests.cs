using System.IO.Pipelines;
using KvTcp.Tests.Support;
using KvTcp.Transport;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Loops;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace KvTcp.Tests.Transport;

/// <summary>How loops begin and end.</summary>
[Parallelizable(ParallelScope.All)]
public class EventLoopTests(LoopEngineKind engine) : EveryEngine(engine)
{
    private readonly LoopEngineKind _engine = engine;

    [Test]
    public async Task Work_that_is_posted_while_the_loop_ends_is_done_by_the_loop_before_any_is_refused()
    {
        EventLoop loop = await EventLoop.StartAsync(0, With(loops: 1), NullLogger.Instance);
        using ManualResetEventSlim holds = new();
        List<bool> accepted = [];
        int done = 0;
        loop.TryPost(new Work(holds.Wait));
        Task ending = loop.EndAsync();

        // Each runs while the loop ends, after the last turn.
        loop.TryPost(new Work(() => Post(left: 5)));
        holds.Set();
        await ending.WaitAsync(Patience.Limit);
        Assert.That(accepted, Has.Count.EqualTo(5).And.All.True);
        Assert.That(done, Is.EqualTo(5));
        Assert.That(loop.TryPost(new Work(static () => { })), Is.False);

        void Post(int left)
        {
            if (left > 0)
            {
                accepted.Add(loop.TryPost(new Work(() =>
                {
                    done++;
                    Post(left - 1);
                })));
            }
        }
    }

    [Test]
    public async Task Loop_ends_whose_last_turn_has_ended_its_last_connection()
    {
        TaskCompletionSource<LoopConnection> accepted = new();
        await using LoopServer server = await StartAsync(connection =>
        {
            accepted.SetResult((LoopConnection)connection);
            return LoopServer.EchoAsync(connection);
        });
        using LineClient client = await server.ConnectAsync();
        Assert.That(await client.AskAsync("some"), Is.EqualTo("some"));
        LoopConnection connection = await accepted.Task;
        EventLoop loop = connection.Socket.Loop;
        await server.UnbindAsync();
        TaskCompletionSource<Task> ending = new();
        loop.TryPost(new Work(() =>
        {
            connection.Abort();
            ending.SetResult(loop.EndAsync());
        }));
        await (await ending.Task).WaitAsync(Patience.Limit);
        Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Reset));
    }

    [Test]
    public async Task Posted_work_allocates_nothing_on_the_loop()
    {
        EventLoop loop = await EventLoop.StartAsync(0, With(loops: 1), NullLogger.Instance);
        long least = long.MaxValue;
        for (int i = 0; i < 3 && least > 0; i++)
        {
            TurnCounter counter = new(loop);
            loop.TryPost(counter);
            least = Math.Min(least, await counter.Allocated.WaitAsync(Patience.Limit));
        }

        await loop.EndAsync();
        Assert.That(least, Is.Zero);
    }

    [Test]
    public async Task Loop_that_cannot_wait_any_more_resets_its_connections_and_leaves_clients_to_the_others()
    {
        await using LoopServer server = await StartAsync(
            async connection =>
            {
                await LoopServer.RunOnLoopAsync(connection, async () =>
                {
                    await connection.Transport.Output.WriteAsync("on the loop\n"u8.ToArray());
                    ReadResult read = await connection.Transport.Input.ReadAsync();
                    if (read.Buffer.FirstSpan.StartsWith("!"u8))
                    {
                        SeccompThread.Refuse(
                            _engine == LoopEngineKind.IoUring ? SeccompThread.UringEnter : SeccompThread.EpollWait, Errno.NotPermitted);
                    }

                    connection.Transport.Input.AdvanceTo(read.Buffer.Start);
                    await LoopServer.EchoAsync(connection);
                });
            },
            loops: 2);
        using LineClient breaking = await server.ConnectAsync();
        Assert.That(await breaking.AskAsync("some"), Is.EqualTo("on the loop"));
        await breaking.SendAsync("!\n");
        (string text, ConnectionEnd end) = await breaking.ReadToEndAsync();
        Assert.That(end, Is.EqualTo(ConnectionEnd.Reset));
        Assert.That(text, Is.EqualTo(_engine == LoopEngineKind.IoUring ? "" : "!\n"), "over epoll it was sent before the loop was to wait");
        for (int i = 0; i < 20; i++)
        {
            using LineClient other = await server.ConnectAsync();
            Assert.That(await other.AskAsync("some"), Is.EqualTo("on the loop"));
        }

        Assert.That(server.Log.Texts(LogLevel.Critical).Single(), Does.Contain("cannot wait").And.Contain("error 1,"));
    }

    private sealed class Work(Action action) : ILoopWork
    {
        public void Run() => action();

        public void Fail(Exception reason)
        {
        }
    }

    /// <summary>Posts itself again and again, and counts what the loop allocates between the first and the last turn.</summary>
    private sealed class TurnCounter(EventLoop loop) : ILoopWork
    {
        private const int Turns = 1000;

        private readonly TaskCompletionSource<long> _allocated = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = Turns;
        private long _before;

        public Task<long> Allocated => _allocated.Task;

        public void Run()
        {
            if (_left == Turns)
            {
                _before = GC.GetAllocatedBytesForCurrentThread();
            }

            if (--_left > 0)
            {
                loop.TryPost(this);
            }
            else
            {
                _allocated.SetResult(GC.GetAllocatedBytesForCurrentThread() - _before);
            }
        }

        public void Fail(Exception reason) => _allocated.SetException(reason);
    }
}
