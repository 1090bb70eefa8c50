using System.Net.Sockets;
using KvTcp.Protocol;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Lines as the network delivers them: in pieces, too long, without an end.</summary>
[Alone]
public class LineFramingTests(TransportKind transport) : EveryTransport(transport)
{
    private static string Key => TestDataset.Key(0).ToString();

    [Test]
    public async Task Line_of_64_KiB_is_answered()
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithValues("first"));
        using LineClient client = await server.ConnectAsync();
        string keys = string.Concat(Enumerable.Repeat($" {Key}", (LineFraming.MaxRequestLine - 8) / 37));
        string line = $"EXISTS{keys}";
        await client.SendAsync($"{line}{new string(' ', LineFraming.MaxRequestLine - line.Length - 1)}\n");
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("OK 1771"));
        Assert.That(await client.AskAsync($"GET {new string(' ', LineFraming.MaxRequestLine - 41)}{Key}"), Is.EqualTo("OK first"));
    }

    [TestCase(true, Description = "with its LF")]
    [TestCase(false, Description = "its LF never comes")]
    public async Task Line_of_one_byte_more_closes(bool hasEnd)
    {
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        string line = $"GET {Key}".PadRight(LineFraming.MaxRequestLine);
        await client.SendAsync($"PING\n{line}{(hasEnd ? "\n" : "")}");
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("OK PONG"));
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That(text, Does.Match("^ERR TOO_LONG [^\n]+\n$"));
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
    }

    [Test]
    public async Task Endless_line_closes_and_takes_no_memory()
    {
        const int MiB = 1024 * 1024;
        await using RunningServer server = await StartAsync();
        using LineClient client = await server.ConnectAsync();
        byte[] piece = new byte[64 * 1024];
        long before = GC.GetTotalAllocatedBytes(precise: true);
        int accepted = 0;
        try
        {
            while (accepted < 100 * MiB)
            {
                accepted += client.Socket.Send(piece);
            }
        }
        catch (SocketException exception)
        {
            Assert.That(exception.SocketErrorCode, Is.EqualTo(SocketError.ConnectionReset).Or.EqualTo(SocketError.Shutdown));
        }

        // What the kernel buffers on both sides, and one read buffer.
        Assert.That(accepted, Is.LessThan(20 * MiB));
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(8 * MiB));
        Assert.That((await client.ReadToEndAsync()).Text, Does.Match("^ERR TOO_LONG [^\n]+\n$"));
    }

    [Test]
    public async Task Line_end_split_across_packets_is_one_line_end()
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithValues("first"));
        using LineClient client = await server.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            // The reply to PING tells that the server has read the CR behind the GET too.
            await client.SendAsync($"PING\r\nGET {Key}\r");
            Assert.That(await client.ReadLineAsync(), Is.EqualTo("OK PONG"));
            await client.SendAsync("\n");
            Assert.That(await client.ReadLineAsync(), Is.EqualTo("OK first"));
        }
    }

    [Test]
    public async Task Request_split_anywhere_across_packets_is_answered()
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithValues("first"));
        using LineClient client = await server.ConnectAsync();
        string request = $"MGET {Key} {Key}\r\n";
        for (int cut = 1; cut < request.Length; cut++)
        {
            await client.SendAsync($"PING\n{request[..cut]}");
            Assert.That(await client.ReadLineAsync(), Is.EqualTo("OK PONG"));
            await client.SendAsync(request[cut..]);
            Assert.That(await client.ReadLinesAsync(3), Is.EqualTo("LINES 2\nOK first\nOK first\n"), $"cut after {cut}");
        }
    }

    [Test]
    public async Task Requests_sent_byte_by_byte_are_answered()
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithValues("first"));
        using LineClient client = await server.ConnectAsync();
        foreach (byte one in ByteText.Bytes($"GET {Key}\r\nget   {Key}  \nMGET {Key} x\n\nPING\n"))
        {
            await client.SendAsync(new[] { one });
        }

        string replies = ProtocolModel.WithoutErrorTexts(await client.ReadLinesAsync(6));
        Assert.That(replies, Is.EqualTo("OK first\nOK first\nLINES 2\nOK first\nERR BAD_KEY ...\nOK PONG\n"));
    }
}
