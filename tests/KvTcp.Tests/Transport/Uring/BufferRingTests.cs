using System.Net.Sockets;
using System.Runtime.InteropServices;
using KvTcp.Tests.Support;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Pipes;
using KvTcp.Transport.Uring;
using NUnit.Framework;

namespace KvTcp.Tests.Transport.Uring;

/// <summary>Receives into blocks that the kernel takes when bytes arrive.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed partial class BufferRingTests
{
    private const int Blocks = 4;

    private readonly BlockPool _pool = new(Thread.CurrentThread);

    [Test]
    public void Receive_that_goes_on_takes_a_block_for_each_arrival()
    {
        using SocketPair pair = new();
        using Ring ring = Made();
        using BufferRing buffers = Registered(ring);
        PrepareReceive(ring, pair.Receiving);
        for (int round = 0; round < 3 * Blocks; round++)
        {
            pair.Send($"round {round}");
            Completion completion = TakeNext(ring);
            Assert.That(completion.HasMore && completion.HasBuffer);
            Block block = buffers.Take(completion);
            Assert.That(ByteText.Text(block.Memory.Span.Slice(0, block.Filled)), Is.EqualTo($"round {round}"));
            _pool.Return(block);
        }

        pair.EndSending();
        Completion end = TakeNext(ring);
        Assert.That(end.Result, Is.Zero);
        Assert.That(end.HasMore, Is.False);
    }

    [Test]
    public void Bytes_are_seen_in_place_and_the_block_given_back()
    {
        using SocketPair pair = new();
        using Ring ring = Made();
        using BufferRing buffers = Registered(ring);
        PrepareReceive(ring, pair.Receiving);
        for (int round = 0; round < 3 * Blocks; round++)
        {
            pair.Send($"round {round}");
            Completion completion = TakeNext(ring);
            Assert.That(ByteText.Text(buffers.Peek(completion)), Is.EqualTo($"round {round}"));
            buffers.GiveBack(completion);
        }
    }

    [Test]
    public void Receive_without_blocks_ends_and_goes_on_when_it_is_submitted_again()
    {
        using SocketPair pair = new();
        using Ring ring = Made();
        using BufferRing buffers = Registered(ring);
        byte[] sent = new byte[3 * Blocks * Block.Size];
        new Random(1).NextBytes(sent);
        Task sending = Task.Run(() => pair.Send(sent));
        List<byte> received = [];
        int shortages = 0;
        PrepareReceive(ring, pair.Receiving);
        while (received.Count < sent.Length)
        {
            Completion completion = TakeNext(ring);
            if (completion.HasBuffer)
            {
                received.AddRange(buffers.Peek(completion));
                buffers.GiveBack(completion);
            }
            else
            {
                Assert.That(completion.Result, Is.EqualTo(-Errno.NoBuffers));
                shortages++;
            }

            if (!completion.HasMore)
            {
                PrepareReceive(ring, pair.Receiving);
                sending.Wait(TimeSpan.FromMilliseconds(10));
            }
        }

        Assert.That(received, Is.EqualTo(sent));
        Assert.That(shortages, Is.Positive);
    }

    private static Ring Made() => new(submissions: 8, completions: 64);

    private BufferRing Registered(Ring ring)
    {
        BufferRing buffers = new(_pool, Blocks);
        ring.Register(buffers);
        return buffers;
    }

    private static unsafe void PrepareReceive(Ring ring, int file)
    {
        Submission* receive = ring.Prepare();
        receive->Operation = Submission.Receive;
        receive->Flags = Submission.SelectBuffer;
        receive->Priority = Submission.ReceiveMultishot;
        receive->File = file;
        receive->BufferGroup = BufferRing.Group;
    }

    private static Completion TakeNext(Ring ring)
    {
        if (ring.CompletionCount == 0)
        {
            Assert.That(ring.Enter(leastCompletions: 1, (long)Patience.Limit.TotalMilliseconds), Is.Not.Negative);
        }

        Assert.That(ring.TryTake(out Completion completion));
        return completion;
    }

    /// <summary>Two connected sockets without names.</summary>
    private sealed partial class SocketPair : IDisposable
    {
        private const int UnixFamily = 1;
        private const int StreamType = 1;
        private readonly Socket _sending;
        private readonly Socket _receiving;

        public unsafe SocketPair()
        {
            int* files = stackalloc int[2];
            Assert.That(CreatePair(UnixFamily, StreamType, 0, files), Is.Zero);
            _sending = new Socket(new SafeSocketHandle(files[0], ownsHandle: true));
            _receiving = new Socket(new SafeSocketHandle(files[1], ownsHandle: true));
        }

        public int Receiving => (int)_receiving.Handle;

        public void Send(string text) => _sending.Send(ByteText.Bytes(text));

        public void Send(byte[] bytes)
        {
            for (int sent = 0; sent < bytes.Length;)
            {
                sent += _sending.Send(bytes.AsSpan(sent));
            }
        }

        public void EndSending() => _sending.Shutdown(SocketShutdown.Send);

        public void Dispose()
        {
            _sending.Dispose();
            _receiving.Dispose();
        }

        [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
        private static unsafe partial int CreatePair(int family, int type, int protocol, int* files);
    }
}
