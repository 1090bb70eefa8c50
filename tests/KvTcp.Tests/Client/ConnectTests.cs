using KvTcp.Client;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

/// <summary>Servers that cannot be reached, and connecting that is given up.</summary>
public sealed class ConnectTests
{
    private static readonly Guid Key = TestDataset.Key(1);

    [Test]
    public void Connect_to_a_server_that_refuses_fails()
    {
        ScriptedServer server = new();
        server.Dispose();
        Assert.That(
            async () => await KvClient.ConnectAsync(server.Options),
            Throws.TypeOf<KvConnectionException>().With.Message.StartsWith($"cannot connect to {server.Address}: "));
    }

    [Test]
    public async Task Request_of_a_client_that_cannot_connect_fails_with_the_reason()
    {
        ScriptedServer server = new();
        server.Dispose();
        await using KvClient client = KvClient.Start(server.Options);
        Assert.That(
            async () => await client.GetAsync(Key),
            Throws.TypeOf<KvConnectionException>().With.Message.StartsWith($"cannot connect to {server.Address}: "));
    }

    [Test]
    public void Connect_gives_up_when_its_time_is_over()
    {
        using ScriptedServer server = new();
        KvClientOptions options = server.Options with { ConnectTimeout = TimeSpan.FromMilliseconds(50), AuthToken = "never-answered" };
        Assert.That(
            async () => await KvClient.ConnectAsync(options),
            Throws.TypeOf<KvConnectionException>().With.Message.EqualTo($"cannot connect to {server.Address}: no answer for 0.05 s"));
    }

    [Test]
    public void Connect_can_be_cancelled()
    {
        using ScriptedServer server = new();
        using CancellationTokenSource cancellation = new(TimeSpan.FromMilliseconds(50));
        Assert.That(
            async () => await KvClient.ConnectAsync(server.Options with { AuthToken = "never-answered" }, cancellation.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }
}
