using System.Buffers;
using System.Collections.Concurrent;
using System.ComponentModel;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using KvTcp.Tests.Support;
using KvTcp.Transport;
using KvTcp.Transport.Pipes;
using KvTcp.Transport.Uring;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using NUnit.Framework;

namespace KvTcp.Tests.Transport;

/// <summary>Bytes in and out of a connection, and on which threads.</summary>
[Parallelizable(ParallelScope.All)]
public partial class LoopConnectionTests(LoopEngineKind engine) : EveryEngine(engine)
{
    [Test]
    public async Task Echo_returns_what_was_sent(
        [Values("127.0.0.1:0", "[::1]:0", "unix")] string address, [Values(1, 4_096, 32_767, 32_768, 32_769, 3_000_000)] int length)
    {
        await using LoopServer server = await StartAsync(LoopServer.EchoAsync, AddressOf(address));
        using LineClient client = await server.ConnectAsync();
        string sent = Text(length);
        Task sending = SendAndEndAsync(client, sent);
        (string received, ConnectionEnd end) = await client.ReadToEndAsync();
        await sending;
        Assert.That(received, Is.EqualTo(sent));
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
    }

    [Test]
    public async Task Echo_on_many_connections_of_several_loops_mixes_nothing_up()
    {
        await using LoopServer server = await StartAsync(LoopServer.EchoAsync, loops: 3);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async number =>
        {
            using LineClient client = await server.ConnectAsync();
            for (int round = 0; round < 50; round++)
            {
                string line = $"{number} {round} {Text(round * 100)}";
                Assert.That(await client.AskAsync(line), Is.EqualTo(line));
            }
        }));
    }

    [Test]
    public async Task Message_to_the_loop_allocates_nothing()
    {
        TaskCompletionSource<long> allocated = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopServer server = await StartAsync(async connection =>
        {
            await connection.Transport.Input.ReadAsync();
            allocated.SetResult(Allocations.Least(() => ((LoopConnection)connection).Tell(ConnectionMessages.None)));
        });
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync("x");
        Assert.That(await allocated.Task.WaitAsync(Patience.Limit), Is.Zero);
    }

    [Test]
    public async Task Reads_bring_a_handler_back_to_its_loop()
    {
        const int Rounds = 20;
        List<string?> afterReads = [];
        List<string?> afterOthers = [];
        await using LoopServer server = await StartAsync(async connection =>
        {
            IDuplexPipe transport = connection.Transport;
            for (ReadResult read = default; !read.IsCompleted;)
            {
                read = await transport.Input.ReadAsync();
                afterReads.Add(Thread.CurrentThread.Name);
                await transport.Output.WriteAsync(read.Buffer.ToArray());
                transport.Input.AdvanceTo(read.Buffer.End);
                await Task.Yield();
                afterOthers.Add(Thread.CurrentThread.Name);
            }
        });
        using LineClient client = await server.ConnectAsync();
        for (int i = 0; i < Rounds; i++)
        {
            Assert.That(await client.AskAsync("some"), Is.EqualTo("some"));
        }

        client.EndSending();
        await server.ConnectionsEndAsync();
        Assert.That(afterReads, Has.Count.EqualTo(Rounds + 1).And.All.EqualTo("loop 0"));
        Assert.That(afterOthers, Has.Count.EqualTo(Rounds + 1).And.None.EqualTo("loop 0"));
    }

    /// <summary>Where a handler shares its core with the loop, the loop is often quicker than its next line.</summary>
    [Test]
    public async Task Read_that_is_awaited_later_brings_its_handler_to_the_loop_too()
    {
        TaskCompletionSource reads = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource awaits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        string? thread = null;
        int connections = 0;
        await using LoopServer server = await StartAsync(async connection =>
        {
            if (Interlocked.Increment(ref connections) > 1)
            {
                await LoopServer.EchoAsync(connection);
                return;
            }

            ValueTask<ReadResult> read = connection.Transport.Input.ReadAsync();
            reads.SetResult();
            await awaits.Task;
            ReadResult result = await read;
            thread = Thread.CurrentThread.Name;
            await connection.Transport.Output.WriteAsync(result.Buffer.ToArray());
            connection.Transport.Input.AdvanceTo(result.Buffer.End);
        });
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync("some\n");
        await reads.Task.WaitAsync(Patience.Limit);
        using (LineClient other = await server.ConnectAsync())
        {
            // These are turns of the loop, after the bytes.
            Assert.That(await other.AskAsync("a turn"), Is.EqualTo("a turn"));
            Assert.That(await other.AskAsync("and another"), Is.EqualTo("and another"));
        }

        awaits.SetResult();
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("some"));
        Assert.That(thread, Is.EqualTo("loop 0"));
    }

    [Test]
    public async Task Handler_that_flushes_time_and_again_lets_other_connections_have_their_turns()
    {
        const int Flushes = 32;
        ConcurrentQueue<string> order = [];
        TaskCompletionSource otherReads = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ManualResetEventSlim otherHasSent = new();
        await using LoopServer server = await StartAsync(async connection =>
        {
            if (order.IsEmpty)
            {
                order.Enqueue("first");
                await LoopServer.RunOnLoopAsync(connection, async () =>
                {
                    otherHasSent.Wait(Patience.Limit);
                    for (int i = 0; i < Flushes; i++)
                    {
                        await connection.Transport.Output.WriteAsync("some\n"u8.ToArray());
                        order.Enqueue("flush");
                    }
                });
            }
            else
            {
                // The loop goes on with it only if it is awaited before the bytes are there.
                Task rest = ReadAsync(connection);
                otherReads.SetResult();
                await rest;
            }
        });
        async Task ReadAsync(ConnectionContext connection)
        {
            ReadResult read = await connection.Transport.Input.ReadAsync();
            order.Enqueue("other");
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
        }

        using LineClient first = await server.ConnectAsync();
        await Patience.UntilAsync(() => Task.FromResult(!order.IsEmpty), "the handler runs");
        using LineClient other = await server.ConnectAsync();
        await otherReads.Task.WaitAsync(Patience.Limit);
        Task<string> replies = first.AskAsync("some");
        await other.SendAsync("some\n");
        otherHasSent.Set();
        Assert.That(await replies, Is.EqualTo("some"));
        await server.ConnectionsEndAsync();
        await Patience.UntilAsync(() => Task.FromResult(order.Count == Flushes + 2), "both have ended");
        Assert.That(order.ToList().IndexOf("other"), Is.LessThan(Flushes / 2), string.Join(' ', order));
    }

    [Test]
    public async Task Handler_that_awaits_something_else_between_all_calls_gets_and_sends_every_byte()
    {
        await using LoopServer server = await StartAsync(
            async connection =>
            {
                for (bool isCompleted = false; !isCompleted;)
                {
                    ReadResult read = await connection.Transport.Input.ReadAsync();
                    await Task.Yield();
                    foreach (ReadOnlyMemory<byte> piece in read.Buffer)
                    {
                        piece.CopyTo(connection.Transport.Output.GetMemory(piece.Length));
                        await Task.Yield();
                        connection.Transport.Output.Advance(piece.Length);
                    }

                    connection.Transport.Input.AdvanceTo(read.Buffer.End);
                    await Task.Yield();
                    await connection.Transport.Output.FlushAsync();
                    await Task.Yield();
                    isCompleted = read.IsCompleted;
                }
            },
            loops: 2);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            using LineClient client = await server.ConnectAsync();
            string sent = Text(1_000_000);
            Task sending = SendAndEndAsync(client, sent);
            Assert.That((await client.ReadToEndAsync()).Text, Is.EqualTo(sent));
            await sending;
        }));
        Assert.That(server.Failures, Is.Empty);
    }

    [TestCase(100, Description = "moved into an array while the connection waits")]
    [TestCase(2_048, Description = "the most that is moved")]
    [TestCase(2_049, Description = "stays in its block")]
    [TestCase(100_000, Description = "several blocks")]
    public async Task Unconsumed_bytes_come_again_with_those_that_follow(int length)
    {
        string line = Text(length);
        await using LoopServer server = await StartAsync(async connection =>
        {
            // Each read adds to what was examined and not consumed, until the line is complete.
            for (; ; )
            {
                ReadResult read = await connection.Transport.Input.ReadAsync();
                if (read.Buffer.Length < line.Length)
                {
                    connection.Transport.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                    continue;
                }

                Assert.That(ByteText.Text(read.Buffer.ToArray()), Is.EqualTo(line));
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                connection.Transport.Output.Write("OK\n"u8);
                await connection.Transport.Output.FlushAsync();
                return;
            }
        });
        using LineClient client = await server.ConnectAsync();
        foreach (byte[] piece in StreamCut.AtRandom(ByteText.Bytes(line), seed: length, largest: Math.Max(10, length / 5)))
        {
            await client.SendAsync(piece);
            await Task.Yield();
        }

        Assert.That(await client.ReadToEndAsync(), Is.EqualTo(("OK\n", ConnectionEnd.Closed)));
        Assert.That(server.Failures, Is.Empty);
    }

    [TestCase(3_000, 3_000, 3_000, 3_000, 3_000, 3_000, Description = "a receive of io_uring ends")]
    [TestCase(UringReceive.MostBytes - 1, 40_000, Description = "it ends with as many bytes as a block holds")]
    public async Task Bytes_that_no_handler_reads_stay_in_the_kernel_but_for_a_few(params int[] pieces)
    {
        TaskCompletionSource<LoopConnection> accepted = new();
        TaskCompletionSource reads = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LoopServer server = await StartAsync(async connection =>
        {
            if (accepted.TrySetResult((LoopConnection)connection))
            {
                await reads.Task;
            }

            await LoopServer.EchoAsync(connection);
        });
        using LineClient client = await server.ConnectAsync();
        LoopConnection connection = await accepted.Task.WaitAsync(Patience.Limit);
        using LineClient other = await server.ConnectAsync();
        string sent = "";
        foreach (int piece in pieces)
        {
            sent += Text(piece);
            await client.SendAsync(sent[^piece..]);
            Assert.That(await other.AskAsync("a turn"), Is.EqualTo("a turn"));
        }

        int most = With(loops: 1).Engine == LoopEngineKind.Epoll ? 0 : UringReceive.MostBytes - 1 + Math.Min(pieces.Max(), Block.Size);
        Assert.That(sent.Length - BytesInKernel(connection.Socket.File), Is.AtMost(most));
        reads.SetResult();
        client.EndSending();
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo((sent, ConnectionEnd.Closed)));
    }

    [Test]
    public async Task Bytes_not_examined_are_read_again_without_new_ones()
    {
        await using LoopServer server = await StartAsync(async connection =>
        {
            PipeReader input = connection.Transport.Input;
            Assert.That(input.TryRead(out _), Is.False, "nothing was received yet");
            ReadResult first = await input.ReadAtLeastAsync(6);
            input.AdvanceTo(first.Buffer.GetPosition(2), first.Buffer.GetPosition(3));
            Assert.That(input.TryRead(out ReadResult second));
            Assert.That(second.Buffer.Length, Is.EqualTo(first.Buffer.Length - 2));
            input.AdvanceTo(second.Buffer.Start, second.Buffer.GetPosition(1));
            ReadResult third = await input.ReadAsync();
            Assert.That(ByteText.Text(third.Buffer.FirstSpan), Is.EqualTo("cdef"));
            input.AdvanceTo(third.Buffer.End);
            Assert.That(input.TryRead(out _), Is.False);
        });
        using LineClient client = await server.ConnectAsync();
        await client.SendAsync("abcdef");
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo(("", ConnectionEnd.Closed)));
        Assert.That(server.Failures, Is.Empty);
    }

    [Test]
    public async Task Connection_tells_its_end_points_and_features()
    {
        TaskCompletionSource<ConnectionContext> accepted = new();
        await using LoopServer server = await StartAsync(
            connection =>
            {
                accepted.SetResult(connection);
                return LoopServer.EchoAsync(connection);
            },
            new IPEndPoint(IPAddress.Any, 0));
        using LineClient client = await LineClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)server.EndPoint).Port));
        Assert.That(await client.AskAsync("some"), Is.EqualTo("some"));
        ConnectionContext connection = await accepted.Task;
        Assert.That(connection.RemoteEndPoint, Is.EqualTo(client.Socket.LocalEndPoint));
        Assert.That(connection.LocalEndPoint, Is.EqualTo(client.Socket.RemoteEndPoint), "not the wildcard address");
        Assert.That(connection.ConnectionId, Is.Not.Empty.And.EqualTo(connection.Features.Get<IConnectionIdFeature>()!.ConnectionId));
        Assert.That(connection.Features.Get<IConnectionTransportFeature>()!.Transport, Is.SameAs(connection.Transport));
        Assert.That(connection.Features.Get<IConnectionLifetimeFeature>(), Is.Not.Null);
        Assert.That(connection.Features.Get<IConnectionItemsFeature>()!.Items, Is.SameAs(connection.Items));
        Assert.That(connection.Features.Get<IConnectionEndPointFeature>()!.RemoteEndPoint, Is.SameAs(connection.RemoteEndPoint));
        Assert.That(connection.Features.Get<IMemoryPoolFeature>()!.MemoryPool, Is.Not.Null);
    }

    [Test]
    public async Task Features_can_be_added_replaced_and_removed()
    {
        await using LoopServer server = await StartAsync(static connection =>
        {
            CheckFeatures(connection.Features);
            return Task.CompletedTask;
        });
        using LineClient client = await server.ConnectAsync();
        Assert.That((await client.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Closed));
        await server.ConnectionsEndAsync();
        Assert.That(server.Failures, Is.Empty);
    }

    private static void CheckFeatures(IFeatureCollection features)
    {
        int own = features.Count();
        Type[] more = [typeof(int), typeof(long), typeof(short), typeof(byte), typeof(char), typeof(float), typeof(double)];
        Array.ForEach(more, type => features[type] = type.Name);
        Assert.That(features.Select(static feature => feature.Key), Is.SupersetOf(more).And.Exactly(own + more.Length).Items);
        int revision = features.Revision;
        DefaultConnectionContext other = new("other");
        features.Set<IConnectionIdFeature>(other);
        features.Set<IConnectionItemsFeature>(null);
        features[typeof(int)] = null;
        features[typeof(int)] = null;
        features[typeof(string)] = null;
        Assert.That(features.Get<IConnectionIdFeature>(), Is.SameAs(other));
        Assert.That(features.Get<IConnectionItemsFeature>(), Is.Null);
        Assert.That(features.Count(), Is.EqualTo(own + more.Length - 2));
        Assert.That(features.Revision, Is.GreaterThan(revision));
        Assert.That(features[typeof(double)], Is.EqualTo("Double"));
        Assert.That(features[typeof(decimal)], Is.Null);
    }

    private static int BytesInKernel(int file)
    {
        const nuint BytesToRead = 0x541B; // FIONREAD, asm-generic/ioctls.h
        return Ioctl(file, BytesToRead, out int count) == 0 ? count : throw new Win32Exception();
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Ioctl(int file, nuint request, out int value);

    private static EndPoint AddressOf(string text) => text is "unix"
        ? new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), $"kvtcp-{Guid.NewGuid():n}.sock"))
        : IPEndPoint.Parse(text);

    private static string Text(int length) => string.Create(length, length, static (text, seed) =>
    {
        Random random = new(seed);
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = (char)random.Next('!', '~');
        }
    });

    private static async Task SendAndEndAsync(LineClient client, string text)
    {
        await client.SendAsync(text);
        client.EndSending();
    }
}
