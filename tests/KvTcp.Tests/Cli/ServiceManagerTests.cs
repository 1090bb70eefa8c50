using System.Net.Sockets;
using System.Text;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

/// <summary>What <c>kvtcp serve</c> tells systemd, read at a socket like systemd's.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ServiceManagerTests : IDisposable
{
    private const string Key = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";

    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public void Dispose()
    {
        _manager.Dispose();
        _directory.Dispose();
    }

    [TestCase("", TestName = "Serve_tells_its_state_at_a_path")]
    [TestCase("@", TestName = "Serve_tells_its_state_at_an_abstract_name")]
    public async Task Serve_tells_its_state(string prefix)
    {
        string address = prefix + _directory.PathOf("notify");
        _manager.Bind(new UnixDomainSocketEndPoint(prefix.Length > 0 ? "\0" + address[1..] : address));
        string data = _directory.Write("some.data", $"{Key} one\n");
        using ProcessRun server = Start(data, address);
        Assert.That(await ReceiveAsync(), Is.EqualTo("STATUS=Loading the data"));
        Assert.That(await ReceiveAsync(), Is.EqualTo("READY=1\nSTATUS=Serving"));
        Assert.That(await KvTcpProgram.AddressAsync(server), Does.StartWith("127.0.0.1:"), "it listens by then");

        _directory.Write("some.data", $"{Key} two\n");
        server.Signal(1);
        Assert.That(await ReceiveAsync(), Does.Match(@"^RELOADING=1\nMONOTONIC_USEC=[0-9]+\nSTATUS=Reloading the data$"));
        Assert.That(await ReceiveAsync(), Does.StartWith("READY=1\nSTATUS=Serving; serving dataset "));

        _directory.Write("some.data", "bad\n");
        server.Signal(1);
        Assert.That(await ReceiveAsync(), Does.StartWith("RELOADING=1\n"));
        Assert.That(await ReceiveAsync(), Does.StartWith("READY=1\nSTATUS=Serving; the last reload was refused: ").And.Contains("some.data:1"));

        server.Signal(15);
        Assert.That(await ReceiveAsync(), Does.StartWith("STOPPING=1\n"));
        Assert.That((await server.EndAsync()).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Serve_whose_manager_is_gone_warns_and_goes_on()
    {
        using ProcessRun server = Start(_directory.Write("some.data", $"{Key} one\n"), _directory.PathOf("nobody"));
        await server.WaitForErrorLineAsync("The service manager behind NOTIFY_SOCKET cannot be told");
        Assert.That(await KvTcpProgram.AddressAsync(server), Does.StartWith("127.0.0.1:"));
    }

    private static ProcessRun Start(string data, string address) => ProcessRun.Start(
        KvTcpProgram.Path,
        ["serve", "--data", data, "--listen", "127.0.0.1:0"],
        environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["NOTIFY_SOCKET"] = address });

    private async Task<string> ReceiveAsync()
    {
        using CancellationTokenSource timeout = new(Patience.Limit);
        byte[] buffer = new byte[4096];
        int length = await _manager.ReceiveAsync(buffer, SocketFlags.None, timeout.Token);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
