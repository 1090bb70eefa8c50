using System.Net.Sockets;
using System.Text;
using KvTcp.Cli;
using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging;
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
    public async Task Serve_tells_of_reloads_and_rollbacks_that_no_signal_has_asked_for()
    {
        string address = _directory.PathOf("notify");
        _manager.Bind(new UnixDomainSocketEndPoint(address));
        string data = _directory.Write("some.data", $"{Key} one\n");
        string unix = $"unix:{_directory.PathOf("k.sock")}";
        using ProcessRun server = Start(data, address, "--listen", unix, "--watch", "1s");
        Assert.That(await ReceiveAsync(), Is.EqualTo("STATUS=Loading the data"));
        Assert.That(await ReceiveAsync(), Is.EqualTo("READY=1\nSTATUS=Serving"));

        _directory.Write("some.data", $"{Key} two\n");
        Assert.That(await ReceiveAsync(), Does.StartWith("RELOADING=1\n"), "--watch");
        Assert.That(await ReceiveAsync(), Does.StartWith("READY=1\nSTATUS=Serving; serving dataset "));

        Assert.That((await KvTcpProgram.RunAsync("reload", "--server", unix)).ExitCode, Is.Zero);
        Assert.That(await ReceiveAsync(), Does.StartWith("RELOADING=1\n"), "RELOAD");
        Assert.That(await ReceiveAsync(), Does.StartWith("READY=1\nSTATUS=Serving; dataset ").And.EndsWith("again: the pairs are the same"));

        Assert.That((await KvTcpProgram.RunAsync("rollback", "--server", unix)).ExitCode, Is.Zero);
        Assert.That(await ReceiveAsync(), Does.StartWith("STATUS=Serving; rolled back to dataset "));
    }

    [Test]
    public async Task Nothing_is_told_after_the_end_has_begun()
    {
        string address = _directory.PathOf("notify");
        _manager.Bind(new UnixDomainSocketEndPoint(address));
        using RecordedLog log = new();
        using ServiceManager manager = new(address, log);
        ReloadState idle = new();
        manager.Reloads(idle with { IsRunning = true });
        Assert.That(_manager.Available, Is.Zero, "nothing reloads before the server is ready");
        manager.Ready();
        manager.Reloads(idle with { IsRunning = true });
        manager.Stopping();
        manager.Reloads(idle);
        manager.Reloads(idle with { IsRunning = true });
        Assert.That(await ReceiveAsync(), Is.EqualTo("READY=1\nSTATUS=Serving"));
        Assert.That(await ReceiveAsync(), Does.StartWith("RELOADING=1\n"));
        Assert.That(await ReceiveAsync(), Does.StartWith("STOPPING=1\n"));
        Assert.That(_manager.Available, Is.Zero);
        Assert.That(log.Texts(LogLevel.Warning), Is.Empty);
    }

    [Test]
    public async Task Reload_that_ends_at_the_moment_of_the_end_is_told_before_or_not_at_all()
    {
        string address = _directory.PathOf("notify");
        _manager.Bind(new UnixDomainSocketEndPoint(address));
        using RecordedLog log = new();
        for (int i = 0; i < 200; i++)
        {
            using ServiceManager manager = new(address, log);
            manager.Ready();
            manager.Reloads(new ReloadState { IsRunning = true });
            using Barrier start = new(2);
            Task ends = Task.Run(() =>
            {
                start.SignalAndWait();
                manager.Reloads(new ReloadState());
            });
            start.SignalAndWait();
            manager.Stopping();
            await ends;
            List<string> told = [];
            while (_manager.Available > 0)
            {
                told.Add(await ReceiveAsync());
            }

            Assert.That(told[^1], Does.StartWith("STOPPING=1\n"), string.Join(" | ", told));
        }
    }

    [TestCase("nobody", TestName = "Serve_whose_manager_is_gone_warns_and_goes_on")]
    [TestCase("", TestName = "Serve_with_too_long_an_address_of_a_manager_warns_and_goes_on")]
    [TestCase("@", TestName = "Serve_with_too_long_an_abstract_address_of_a_manager_warns_and_goes_on")]
    [TestCase("vsock:2:1", TestName = "Serve_with_an_address_of_another_kind_warns_and_goes_on")]
    public async Task Serve_that_cannot_tell_warns_and_goes_on(string address)
    {
        string full = address is "" or "@" ? address + _directory.PathOf(new string('x', 200)) : address;
        using ProcessRun server = Start(_directory.Write("some.data", $"{Key} one\n"), full);
        await server.WaitForErrorLineAsync("The service manager behind NOTIFY_SOCKET cannot be told");
        Assert.That(await KvTcpProgram.AddressAsync(server), Does.StartWith("127.0.0.1:"));
        server.Signal(15);
        Assert.That((await server.EndAsync()).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Serve_whose_manager_does_not_read_warns_and_goes_on()
    {
        string address = _directory.PathOf("notify");
        _manager.Bind(new UnixDomainSocketEndPoint(address));
        using Socket other = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        Assert.That(
            () =>
            {
                for (int i = 0; i < 1_000_000; i++)
                {
                    other.SendTo("STATUS="u8, _manager.LocalEndPoint!);
                }
            },
            Throws.InstanceOf<SocketException>(),
            "the queue is full");
        using ProcessRun server = Start(_directory.Write("some.data", $"{Key} one\n"), address);
        await server.WaitForErrorLineAsync("The service manager behind NOTIFY_SOCKET cannot be told");
        Assert.That(await KvTcpProgram.AddressAsync(server), Does.StartWith("127.0.0.1:"));
        server.Signal(15);
        Assert.That((await server.EndAsync()).ExitCode, Is.Zero);
    }

    private static ProcessRun Start(string data, string address, params string[] arguments) => ProcessRun.Start(
        KvTcpProgram.Path,
        ["serve", "--data", data, "--listen", "127.0.0.1:0", .. arguments],
        environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["NOTIFY_SOCKET"] = address });

    private async Task<string> ReceiveAsync()
    {
        using CancellationTokenSource timeout = new(Patience.Limit);
        byte[] buffer = new byte[4096];
        int length = await _manager.ReceiveAsync(buffer, SocketFlags.None, timeout.Token);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
