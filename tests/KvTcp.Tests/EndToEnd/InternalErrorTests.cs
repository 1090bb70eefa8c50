using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>What a bug does. A dataset that is disposed under its server stands in for one.</summary>
public class InternalErrorTests(TransportKind transport) : EveryTransport(transport)
{
    [Test]
    public async Task Bug_gets_one_error_a_close_and_a_log_entry_and_hurts_no_other_connection()
    {
        using TestDataset data = TestDataset.WithLengths(10);
        using RecordedLog log = new();
        await using KvServer server = await KvServer.StartAsync(
            With(new ServerOptions { Listen = [RunningServer.Address("127.0.0.1:0")] }), data.Holder, reloader: null, log);
        using LineClient client = await LineClient.ConnectAsync(server.EndPoints[0]);
        using LineClient other = await LineClient.ConnectAsync(server.EndPoints[0]);
        Assert.That(await client.AskAsync($"GET {TestDataset.Key(0)}"), Does.StartWith("OK "));
        data.Dataset.Dispose();
        await client.SendAsync($"PING\nGET {TestDataset.Key(0)}\nPING\n");
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That(text, Does.Match("^OK PONG\nERR INTERNAL [^\n]*\n$"), "what came before is answered, what comes after is not");
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
        Assert.That(log.Texts(LogLevel.Error).Single(), Does.Contain(nameof(ObjectDisposedException)));
        Assert.That(await other.AskAsync("PING"), Is.EqualTo("OK PONG"));
    }

    [Test]
    public async Task Bug_in_RESP_gets_an_error_after_the_replies_before_it()
    {
        using TestDataset data = TestDataset.WithLengths(10);
        using RecordedLog log = new();
        await using KvServer server = await KvServer.StartAsync(
            With(new ServerOptions { Listen = [RunningServer.Address("127.0.0.1:0")] }), data.Holder, reloader: null, log);
        using LineClient client = await LineClient.ConnectAsync(server.EndPoints[0]);
        data.Dataset.Dispose();
        await client.SendAsync(RespText.Request("PING") + RespText.Request("GET", $"{TestDataset.Key(0)}") + RespText.Request("PING"));
        (string text, ConnectionEnd end) = await client.ReadToEndAsync();
        Assert.That(text, Does.Match("^\\+PONG\r\n-ERR [^\n]*\r\n$"));
        Assert.That(end, Is.EqualTo(ConnectionEnd.Closed));
        Assert.That(log.Texts(LogLevel.Error).Single(), Does.Contain(nameof(ObjectDisposedException)));
    }
}
