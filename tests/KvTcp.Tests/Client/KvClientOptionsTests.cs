using KvTcp.Client;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

public sealed class KvClientOptionsTests
{
    private static readonly TimeSpan TooLong = TimeSpan.FromDays(1) + TimeSpan.FromTicks(1);

    private static IEnumerable<TestCaseData> OutOfRange()
    {
        KvClientOptions valid = new();
        return
        [
            Case(nameof(KvClientOptions.Servers), valid with { Servers = null! }),
            Case(nameof(KvClientOptions.Servers), valid with { Servers = [null!] }),
            Case(nameof(KvClientOptions.Servers), valid with { Servers = [] }),
            Case(nameof(KvClientOptions.Servers), valid with { Servers = [.. Enumerable.Repeat(KvServerAddress.Default, 1025)] }),
            Case(nameof(KvClientOptions.Policy), valid with { Policy = (KvServerPolicy)2 }),
            Case(nameof(KvClientOptions.ConnectionsPerServer), valid with { ConnectionsPerServer = 0 }),
            Case(nameof(KvClientOptions.ConnectionsPerServer), valid with { ConnectionsPerServer = 1025 }),
            Case(nameof(KvClientOptions.MaxRequestsInFlight), valid with { MaxRequestsInFlight = 0 }),
            Case(nameof(KvClientOptions.MaxRequestsInFlight), valid with { MaxRequestsInFlight = (1 << 20) + 1 }),
            Case(nameof(KvClientOptions.MaxAttempts), valid with { MaxAttempts = 0 }),
            Case(nameof(KvClientOptions.MaxAttempts), valid with { MaxAttempts = 11 }),
            Case(nameof(KvClientOptions.MaxKeysPerRequest), valid with { MaxKeysPerRequest = 0 }),
            Case(nameof(KvClientOptions.MaxKeysPerRequest), valid with { MaxKeysPerRequest = 1772 }),
            Case(nameof(KvClientOptions.MaxValueLength), valid with { MaxValueLength = 1023 }),
            Case(nameof(KvClientOptions.ConnectTimeout), valid with { ConnectTimeout = TimeSpan.Zero }),
            Case(nameof(KvClientOptions.ConnectTimeout), valid with { ConnectTimeout = TooLong }),
            Case(nameof(KvClientOptions.StallTimeout), valid with { StallTimeout = Timeout.InfiniteTimeSpan }),
            Case(nameof(KvClientOptions.ReconnectDelay), valid with { ReconnectDelay = TimeSpan.Zero }),
            Case(nameof(KvClientOptions.MaxReconnectDelay), valid with { MaxReconnectDelay = TooLong }),
            Case(nameof(KvClientOptions.KeepAliveInterval), valid with { KeepAliveInterval = TimeSpan.Zero }),
            Case(nameof(KvClientOptions.RequestTimeout), valid with { RequestTimeout = TimeSpan.Zero }),
            Case(nameof(KvClientOptions.AuthToken), valid with { AuthToken = "two words" }),
            Case(nameof(KvClientOptions.AuthToken), valid with { AuthToken = "" }),
        ];

        static TestCaseData Case(string name, KvClientOptions options) => new TestCaseData(name, options).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(OutOfRange))]
    public void Option_out_of_its_range_is_named(string name, KvClientOptions options) =>
        Assert.That(
            () => KvClient.Start(options),
            Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(name).And.Message.StartsWith(name));

    [Test]
    public async Task Options_at_their_limits_are_accepted()
    {
        ScriptedServer server = new();
        server.Dispose();
        KvClientOptions[] valid =
        [
            server.Options with { MaxRequestsInFlight = 1 << 20, MaxAttempts = 10, MaxKeysPerRequest = 1, MaxValueLength = 1024 },
            server.Options with { RequestTimeout = Timeout.InfiniteTimeSpan, MaxRequestsInFlight = 1, MaxKeysPerRequest = 1771, MaxAttempts = 1 },
            server.Options with { ConnectTimeout = TimeSpan.FromDays(1), RequestTimeout = TimeSpan.FromDays(1), MaxValueLength = Array.MaxLength - 4 },
        ];
        foreach (KvClientOptions options in valid)
        {
            await using KvClient client = KvClient.Start(options);
            Assert.That(async () => await client.PingAsync(), Throws.TypeOf<KvConnectionException>());
        }
    }

    [Test]
    public void Servers_changed_after_the_options_were_checked_change_nothing()
    {
        List<KvServerAddress> servers = [KvServerAddress.Default];
        KvClientOptions options = new KvClientOptions { Servers = servers }.Validated();
        servers.Clear();
        Assert.That(options.Servers, Is.EqualTo(new[] { KvServerAddress.Default }));
    }

    [Test]
    public void ToString_shows_servers_and_no_token()
    {
        KvClientOptions options = new() { Servers = KvServerAddress.ParseList("a:1, unix:/b"), AuthToken = "s3cret" };
        Assert.That(options.ToString(), Is.EqualTo("a:1,unix:/b"));
    }
}
