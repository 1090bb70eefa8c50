using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.AspNetCore.Connections;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Tls;

/// <summary>The pipes of an encrypted connection, between a client and a server in memory.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
public class TlsTransportTests
{
    private TemporaryDirectory _directory = null!;
    private TestAuthority _authority = null!;
    private Pipe _toServer = null!;
    private Pipe _toClient = null!;
    private TlsTransport _server = null!;
    private SslStream _client = null!;

    [SetUp]
    public async Task ShakeHands()
    {
        _directory = new TemporaryDirectory();
        _authority = new TestAuthority();
        PipeOptions unlimited = new(pauseWriterThreshold: 0);
        (_toServer, _toClient) = (new Pipe(unlimited), new Pipe(unlimited));
        _server = new TlsTransport(new Ends(_toServer.Reader, _toClient.Writer));
        _client = new SslStream(new DuplexPipeStream(new Ends(_toClient.Reader, _toServer.Writer)));
        TlsCertificates certificates = new ServerFiles(_directory, _authority).Write("first").Load(clients: null);
        Task<string?> server = _server.ShakeHandsAsync(certificates.Current);
        await _client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", CertificateChainPolicy = _authority.Trust() });
        Assert.That(await server, Is.Null);
    }

    [TearDown]
    public async Task Release()
    {
        await _server.DisposeAsync();
        await _client.DisposeAsync();
        _authority.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task Bytes_in_pieces_of_all_lengths_arrive_as_they_were_sent_however_they_are_taken()
    {
        Random random = new(TestContext.CurrentContext.Random.Next());
        byte[] sent = new byte[1_000_000];
        random.NextBytes(sent);
        Task sending = Task.Run(async () =>
        {
            for (int start = 0, length; start < sent.Length; start += length)
            {
                length = Math.Min(sent.Length - start, random.Next(1, random.Next(4) == 0 ? 50_000 : 300));
                await _client.WriteAsync(sent.AsMemory(start, length));
            }

            await _client.ShutdownAsync();
            await _toServer.Writer.CompleteAsync();
        });
        Random taking = new(random.Next());
        List<byte> received = [];
        ReadResult read;
        do
        {
            // Some of what is there is taken; up to 60,000 bytes wait for more, as the start of a long line does.
            read = await _server.Input.ReadAsync().AsTask().WaitAsync(Patience.Limit);
            int left = read.IsCompleted ? 0 : (int)Math.Min(read.Buffer.Length, taking.Next(3) == 0 ? taking.Next(60_000) : 0);
            ReadOnlySequence<byte> taken = read.Buffer.Slice(0, read.Buffer.Length - left);
            received.AddRange(taken.ToArray());
            _server.Input.AdvanceTo(taken.End, read.Buffer.End);
        }
        while (!read.IsCompleted);
        await sending;
        Assert.That(received.ToArray().AsSpan().SequenceEqual(sent), Is.True);
    }

    [Test]
    public async Task Bytes_written_in_pieces_of_all_lengths_arrive_as_they_were_written_and_are_sent_by_the_flush()
    {
        Random random = new(TestContext.CurrentContext.Random.Next());
        byte[] sent = new byte[1_000_000];
        random.NextBytes(sent);
        byte[] received = new byte[sent.Length];
        Task receiving = _client.ReadExactlyAsync(received).AsTask();
        for (int start = 0; start < sent.Length;)
        {
            long unflushed = 0;
            for (int pieces = random.Next(1, 20); pieces > 0 && start < sent.Length; pieces--)
            {
                int length = Math.Min(sent.Length - start, random.Next(1, random.Next(4) == 0 ? 50_000 : 300));
                _server.Output.Write(sent.AsSpan(start, length));
                start += length;
                unflushed += length;
            }

            Assert.That(_server.Output.UnflushedBytes, Is.EqualTo(unflushed));
            FlushResult flushed = await _server.Output.FlushAsync();
            Assert.That((flushed.IsCompleted, _server.Output.UnflushedBytes), Is.EqualTo((false, 0)));
        }

        await receiving.WaitAsync(Patience.Limit);
        Assert.That(received.AsSpan().SequenceEqual(sent), Is.True);
    }

    [TestCase(1)]
    [TestCase(16 * 1024)]
    [TestCase(100_000, Description = "longer than a record")]
    public async Task Memory_has_the_length_that_is_asked_for_with_some_in_use(int hint)
    {
        _server.Output.Write(new byte[16 * 1024 - 1]);
        Memory<byte> memory = _server.Output.GetMemory(hint);
        Assert.That(memory.Length, Is.GreaterThanOrEqualTo(hint));
        memory.Span[..hint].Fill(1);
        _server.Output.Advance(hint);
        await _server.Output.FlushAsync();
        byte[] received = new byte[16 * 1024 - 1 + hint];
        await _client.ReadExactlyAsync(received).AsTask().WaitAsync(Patience.Limit);
        Assert.That((received[16 * 1024 - 2], received.Count(static value => value == 1)), Is.EqualTo((0, hint)));
        Assert.That(() => _server.Output.Advance(1_000_000), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task Read_that_waits_can_be_cancelled_between_requests_and_within_one_and_goes_on_after_that([Values("", "GET")] string unread)
    {
        if (unread.Length > 0)
        {
            await _client.WriteAsync(ByteText.Bytes(unread));
            ReadResult first = await _server.Input.ReadAsync();
            _server.Input.AdvanceTo(first.Buffer.Start, first.Buffer.End);
        }

        Task<ReadResult> waiting = _server.Input.ReadAsync().AsTask();
        Assert.That(waiting.IsCompleted, Is.False);
        _server.Input.CancelPendingRead();
        ReadResult cancelled = await waiting.WaitAsync(Patience.Limit);
        Assert.That((cancelled.IsCanceled, cancelled.IsCompleted, ByteText.Text(cancelled.Buffer.ToArray())), Is.EqualTo((true, false, unread)));
        _server.Input.AdvanceTo(cancelled.Buffer.Start, cancelled.Buffer.End);
        await _client.WriteAsync(ByteText.Bytes(" x"));
        ReadResult next = await _server.Input.ReadAsync().AsTask().WaitAsync(Patience.Limit);
        Assert.That((next.IsCanceled, ByteText.Text(next.Buffer.ToArray())), Is.EqualTo((false, $"{unread} x")));
    }

    [Test]
    public async Task Bytes_that_came_before_a_cancellation_are_read_before_it()
    {
        await _client.WriteAsync(ByteText.Bytes("abc"));
        _server.Input.CancelPendingRead();
        ReadResult read = await _server.Input.ReadAsync().AsTask().WaitAsync(Patience.Limit);
        Assert.That((read.IsCanceled, ByteText.Text(read.Buffer.ToArray())), Is.EqualTo((false, "abc")));
        _server.Input.AdvanceTo(read.Buffer.End);
        ReadResult cancelled = await _server.Input.ReadAsync().AsTask().WaitAsync(Patience.Limit);
        Assert.That((cancelled.IsCanceled, cancelled.Buffer.Length), Is.EqualTo((true, 0)));
    }

    [Test]
    public async Task Connection_that_is_aborted_is_lost_and_not_cancelled()
    {
        Task<ReadResult> waiting = _server.Input.ReadAsync().AsTask();
        await _toServer.Writer.CompleteAsync(new ConnectionAbortedException("aborted"));
        Assert.That(async () => await waiting, Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task Bytes_that_were_not_examined_are_read_again_at_once()
    {
        await _client.WriteAsync(ByteText.Bytes("abc"));
        ReadResult first = await _server.Input.ReadAsync();
        _server.Input.AdvanceTo(first.Buffer.GetPosition(1));
        Assert.That(_server.Input.TryRead(out ReadResult second), Is.True);
        Assert.That(ByteText.Text(second.Buffer.ToArray()), Is.EqualTo("bc"));
        _server.Input.AdvanceTo(second.Buffer.Start, second.Buffer.End);
        Assert.That(_server.Input.TryRead(out _), Is.False);
    }

    [Test]
    public async Task Damaged_record_breaks_the_connection()
    {
        await _toServer.Writer.WriteAsync(Convert.FromHexString("1703030012000102030405060708090A0B0C0D0E0F1011"));
        Assert.That(async () => await _server.Input.ReadAsync(), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task Client_that_vanishes_ends_the_input_and_the_output()
    {
        await _toServer.Writer.CompleteAsync();
        ReadResult read = await _server.Input.ReadAsync();
        Assert.That((read.IsCompleted, read.Buffer.Length), Is.EqualTo((true, 0)));
        await _toClient.Reader.CompleteAsync();
        _server.Output.Write("lost"u8);
        Assert.That((await _server.Output.FlushAsync()).IsCompleted, Is.True);
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
