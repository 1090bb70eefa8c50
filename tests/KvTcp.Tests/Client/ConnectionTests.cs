using System.Net.Sockets;
using KvTcp.Client;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

/// <summary>Why a connection ends, and what it leaves, when its two directions end one after the other.</summary>
public sealed class ConnectionTests
{
    private static readonly KvClientOptions Options = ScriptedServer.Fast with { Servers = [KvServerAddress.Default] };

    [Test]
    public async Task Close_while_requests_are_being_sent_is_the_reason_and_not_the_end_of_the_sending()
    {
        using GatedStream stream = new();
        Connection connection = Over(stream);
        Task<ConnectionLoss> run = connection.RunAsync();
        TextRequest request = Send(connection);
        await stream.WaitForWriteAsync();
        stream.Receive("");
        ConnectionLoss loss = await run.WaitAsync(Patience.Limit);
        Assert.That(loss.Reason, Is.TypeOf<KvConnectionException>().With.Message.EqualTo("127.0.0.1:7878 closed the connection"));
        Assert.That(loss.Left, Is.EqualTo(new[] { request }));
        Assert.That(loss.IsUseless, Is.True, "it was asked and has not answered");
    }

    [Test]
    public async Task Reader_leaves_the_stream_to_what_is_still_being_sent()
    {
        using GatedStream stream = new();
        await Connector.ReaderOf(stream).CompleteAsync();
        Assert.That(stream.IsDisposed, Is.False);
    }

    [Test]
    public async Task Replies_that_come_after_a_failed_write_are_taken()
    {
        using GatedStream stream = new();
        Connection connection = Over(stream);
        Task<ConnectionLoss> run = connection.RunAsync();
        TextRequest answered = Send(connection);
        TextRequest left = Send(connection);
        ValueTask<string> reply = answered.Task;
        await FailWritesAsync(stream, connection);
        stream.Receive("OK a\n");
        Assert.That(await reply.AsTask().WaitAsync(Patience.Limit), Is.EqualTo("a"));
        stream.Receive("");
        ConnectionLoss loss = await run.WaitAsync(Patience.Limit);
        Assert.That(loss.Reason, Is.TypeOf<KvConnectionException>().With.Message.EqualTo("127.0.0.1:7878 broke the connection: gone"));
        Assert.That(loss.Left, Is.EqualTo(new[] { left }));
        Assert.That(loss.IsUseless, Is.False);
    }

    [Test]
    public async Task What_the_server_says_about_the_end_is_the_reason_and_not_the_failed_write()
    {
        using GatedStream stream = new();
        Connection connection = Over(stream);
        Task<ConnectionLoss> run = connection.RunAsync();
        Send(connection);
        await FailWritesAsync(stream, connection);
        stream.Receive("ERR BUSY too many connections\n");
        ConnectionLoss loss = await run.WaitAsync(Patience.Limit);
        Assert.That(loss.Reason, Is.TypeOf<KvServerException>().With.Property("Code").EqualTo(ErrorCode.Busy));
        Assert.That(loss.IsUseless, Is.True);
    }

    [Test]
    public async Task Silence_after_a_failed_write_ends_the_connection()
    {
        using GatedStream stream = new();
        Connection connection = Over(stream);
        Task<ConnectionLoss> run = connection.RunAsync();
        long now = Environment.TickCount64;
        Send(connection);
        await FailWritesAsync(stream, connection);
        connection.LookAtDeadlines(now);
        connection.LookAtDeadlines(now + 60_000);
        stream.Receive("");
        Assert.That((await run.WaitAsync(Patience.Limit)).Reason, Is.TypeOf<TimeoutException>());
    }

    [Test]
    public async Task Close_of_a_connection_that_was_asked_nothing_does_not_count_against_the_server()
    {
        using GatedStream stream = new();
        Task<ConnectionLoss> run = Over(stream).RunAsync();
        stream.Receive("");
        ConnectionLoss loss = await run.WaitAsync(Patience.Limit);
        Assert.That(loss.IsUseless, Is.False);
        Assert.That(loss.Left, Is.Empty);
    }

    private static Connection Over(GatedStream stream) => new(
        KvServerAddress.Default,
        new Socket(SocketType.Stream, ProtocolType.Tcp),
        stream,
        Connector.ReaderOf(stream),
        Options,
        new ReplyCounters());

    private static TextRequest Send(Connection connection)
    {
        TextRequest request = new(Command.Version);
        request.Start(new RequestMonitor(Options), CancellationToken.None);
        Assert.That(connection.TrySend(request), Is.True);
        return request;
    }

    private static async Task FailWritesAsync(GatedStream stream, Connection connection)
    {
        await stream.WaitForWriteAsync();
        stream.FailWrites(new IOException("gone"));
        await Patience.UntilAsync(() => Task.FromResult(!connection.TrySend(GivenUp())), "the connection takes no more requests");

        static TextRequest GivenUp()
        {
            TextRequest request = new(Command.Ping);
            request.Start(new RequestMonitor(Options), new CancellationToken(canceled: true));
            return request;
        }
    }
}
