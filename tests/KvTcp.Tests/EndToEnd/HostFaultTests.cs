using System.Net;
using System.Net.Sockets;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>A server on a machine that lacks something, or that its operator is impatient with.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class HostFaultTests : IDisposable
{
    private const int HangUp = 1;
    private const int Terminate = 15;
    private const int Killed = 137;
    private const int MiB = 1 << 20;

    private readonly TemporaryDirectory _directory = new();

    private static string Key => TestDataset.Key(0).ToString();

    private string Data => _directory.PathOf("some.data");

    public void Dispose() => _directory.Dispose();

    [Test]
    [Repeat(3)]
    public async Task Storm_of_SIGHUP_does_not_end_a_server_that_stops()
    {
        Publish("one");
        (ProcessRun server, string _) = await KvTcpProgram.ServeAsync("--data", Data);
        using (server)
        using (ProcessRun storm = ProcessRun.Start("bash", ["-c", "echo begun >&2; while kill -HUP $0 2> /dev/null; do :; done", $"{server.Id}"]))
        {
            await storm.WaitForErrorLineAsync("begun");
            server.Signal(Terminate);
            ProcessResult end = await server.EndAsync();
            Assert.That(end.ExitCode, Is.Zero, end.Error);
            Assert.That((await storm.EndAsync()).ExitCode, Is.Zero);
        }
    }

    [Test]
    public async Task Storm_of_SIGHUP_ends_with_the_last_data_after_few_reloads()
    {
        const int Signals = 200;
        Publish("before");
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", Data);
        using (server)
        {
            for (int i = 0; i < Signals; i++)
            {
                server.Signal(HangUp);
            }

            Publish("last");
            server.Signal(HangUp);
            using LineClient client = await LineClient.ConnectAsync(IPEndPoint.Parse(address));
            await Patience.UntilAsync(async () => await client.AskAsync($"GET {Key}") is "OK last", "the last data is served");
            await Patience.UntilAsync(async () => (await client.StatsAsync())["reload_running"] is "0", "the storm is over");
            Assert.That((await client.StatsAsync())["reload_last_result"], Is.AnyOf("done", "unchanged"));
            server.Signal(Terminate);
            ProcessResult end = await server.EndAsync();
            Assert.That(end.ExitCode, Is.Zero, end.Error);
            int reloads = end.Error.Split("Reloading ").Length - 1;
            TestContext.Out.WriteLine($"{reloads} reloads");
            Assert.That(reloads, Is.InRange(1, Signals / 2), "those asked for while one runs share the next one");
        }
    }

    [Test]
    public async Task SIGTERM_twice_ends_at_once()
    {
        File.WriteAllText(Data, $"{Key} {new string('v', MiB)}\n");
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", Data, "--drain-timeout", "24h", "--unread-reply-timeout", "24h");
        using (server)
        {
            using LineClient client = await LineClient.ConnectAsync(IPEndPoint.Parse(address), bufferSize: 4096);
            await client.SendAsync(string.Concat(Enumerable.Repeat($"GET {Key}\n", 100)));
            Assert.That((await client.ReadLineAsync()).Length, Is.GreaterThan(MiB));
            server.Signal(Terminate);
            await server.WaitForErrorLineAsync("Stopping");
            server.Signal(Terminate);
            Assert.That((await server.EndAsync()).ExitCode, Is.EqualTo(128 + Terminate));
        }
    }

    /// <summary>In a network of its own where IPv6 is switched off; the whole of it is asked from within.</summary>
    [TestCase("*:0", "OK one", Description = "every address is every address of IPv4 then")]
    [TestCase("localhost:0", "OK one", Description = "both loopback addresses are one")]
    [TestCase("[::1]:0", "cannot listen on [::1]:0: this machine does not have that address")]
    public async Task Machine_without_IPv6_is_served_over_IPv4(string listen, string expected)
    {
        Publish("one");
        using ProcessRun shell = ProcessRun.Start(
            "unshare",
            [
                .. Environment.IsPrivilegedProcess ? (string[])[] : ["--map-root-user"], "--net", "bash", "-c",
                $$"""
                sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; ip link set lo up
                "$0" serve --listen '{{listen}}' --data "$1" 2>log & server=$!
                until grep -q 'Listening on \|cannot' log; do sleep 0.05; done
                port=$(sed -n 's/.*Listening on .*:\([0-9]*\)$/\1/p' log | tail -n 1)
                if [ -n "$port" ]; then printf 'GET {{Key}}\n' | nc -N 127.0.0.1 "$port"; else cat log; fi
                kill $server 2>/dev/null; wait $server
                """,
                KvTcpProgram.Path, Data,
            ],
            _directory.Root);
        Assert.That((await shell.EndAsync()).Output, Does.Contain(expected));
    }

    [Test]
    public async Task Data_that_may_no_longer_be_read_is_refused_and_the_old_goes_on()
    {
        string folder = _directory.PathOf("folder");
        Directory.CreateDirectory(folder);
        string data = Path.Combine(folder, "some.data");
        File.WriteAllText(data, $"{Key} one\n");
        using ProcessRun server = ProcessRun.Start(
            "bash", ["-c", $"exec {OrdinaryRights.Prefix}\"$0\" serve --listen 127.0.0.1:0 --data \"$1\"", KvTcpProgram.Path, data]);
        using LineClient client = await LineClient.ConnectAsync(IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server)));
        UnixFileMode mode = File.GetUnixFileMode(folder);
        File.SetUnixFileMode(folder, UnixFileMode.None);
        try
        {
            server.Signal(HangUp);
            Assert.That(await server.WaitForErrorLineAsync("Reload refused"), Does.Contain($"{data}: Permission denied"));
            Assert.That(await client.AskAsync($"GET {Key}"), Is.EqualTo("OK one"));

            ProcessResult start = await KvTcpProgram.RunInShellAsync($"{OrdinaryRights.Prefix}\"$kvtcp\" serve --listen 127.0.0.1:0 --data '{data}'");
            start.AssertError(66, $"{data} cannot be reached: permission denied");
        }
        finally
        {
            File.SetUnixFileMode(folder, mode);
        }

        File.WriteAllText(data, $"{Key} two\n");
        server.Signal(HangUp);
        await server.WaitForErrorLineAsync("Reload: serving dataset ");
        Assert.That(await client.AskAsync($"GET {Key}"), Is.EqualTo("OK two"));
    }

    [Test]
    public async Task Read_only_file_system_is_enough_to_serve_from_but_not_for_a_Unix_socket()
    {
        Publish("one");
        using ProcessRun server = StartReadOnly("127.0.0.1:0");
        using LineClient client = await LineClient.ConnectAsync(IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server)));
        Assert.That(await client.AskAsync($"GET {Key}"), Is.EqualTo("OK one"));
        Publish("two");
        server.Signal(HangUp);
        await server.WaitForErrorLineAsync("Reload: serving dataset ");
        Assert.That(await client.AskAsync($"GET {Key}"), Is.EqualTo("OK two"));
        server.Signal(Terminate);
        Assert.That((await server.EndAsync()).ExitCode, Is.Zero);

        using ProcessRun other = StartReadOnly($"unix:{_directory.PathOf("k.sock")}");
        ProcessResult end = await other.EndAsync();
        Assert.That((end.ExitCode, end.Error.Contains("needs a file system that is not read-only")), Is.EqualTo((69, true)), end.Error);
    }

    /// <summary>.NET ends a process that gets no thread for its pool, at a moment of its own choice. Until then every reply is right.</summary>
    [Test]
    public async Task Server_that_gets_no_more_threads_answers_rightly_or_ends()
    {
        const int OutOfThreads = 134;
        Publish("one");
        using ControlGroup group = GroupOfThreads();
        using ProcessRun server = ProcessRun.Start(
            "bash", ["-c", $"{group.Prefix}exec \"$0\" serve --listen 127.0.0.1:0 --data \"$1\"", KvTcpProgram.Path, Data]);
        IPEndPoint endPoint = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));
        group.SetLimit("1");
        int answered = 0;
        try
        {
            for (; answered < 200; answered++)
            {
                using LineClient client = await LineClient.ConnectAsync(endPoint);
                Assert.That(await client.AskAsync($"GET {Key}"), Is.EqualTo("OK one"));
            }
        }
        catch (Exception exception) when (exception is SocketException or EndOfStreamException)
        {
            TestContext.Out.WriteLine($"ended after {answered} replies");
        }

        group.SetLimit("max");
        if (answered == 200)
        {
            server.Signal(Terminate);
        }

        Assert.That((await server.EndAsync()).ExitCode, Is.EqualTo(answered == 200 ? 0 : OutOfThreads).Or.EqualTo(OutOfThreads));
    }

    /// <summary>The thread that a load runs on cannot be started. .NET may need one too, and end the process, as in the test above.</summary>
    [TestCase("sockets")]
    [TestCase("epoll")]
    [TestCase("auto", Description = "io_uring where the kernel has it")]
    public async Task Reload_that_gets_no_thread_is_refused_with_the_reason_and_the_old_data_goes_on(string transport)
    {
        Publish("one");
        using ControlGroup group = GroupOfThreads();
        using ProcessRun server = ProcessRun.Start(
            "bash", ["-c", $"{group.Prefix}exec \"$0\" serve --transport \"$2\" --listen 127.0.0.1:0 --data \"$1\"", KvTcpProgram.Path, Data, transport]);
        using LineClient client = await LineClient.ConnectAsync(IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server)));
        Assert.That(await client.AskAsync($"GET {Key}"), Is.EqualTo("OK one"));
        server.Signal(HangUp);
        await server.WaitForErrorLineAsync("Reload: ");
        Publish("two");
        group.SetLimit("1");
        server.Signal(HangUp);
        try
        {
            await Patience.UntilAsync(async () => (await client.StatsAsync())["reload_last_result"] is "refused", "the reload is refused");
            Assert.That((await client.StatsAsync())["reload_last_reason"], Does.StartWith("no more threads: "));
            Assert.That(await client.AskAsync($"GET {Key}"), Is.EqualTo("OK one"));
        }
        catch (Exception exception) when (exception is SocketException or EndOfStreamException)
        {
            Assert.That((await server.EndAsync()).Error, Does.Contain("Out of memory"));
        }
    }

    [Test]
    public async Task First_load_beyond_the_memory_limit_ends_the_process()
    {
        File.WriteAllLines(Data, Enumerable.Range(0, 150).Select(static index => $"{TestDataset.Key(index)} {new string('v', MiB - 1)}"));
        using ControlGroup group = ControlGroup.OfMemory(100 * MiB);
        using ProcessRun server = ProcessRun.Start(
            "bash", ["-c", $"{group.Prefix}exec \"$0\" serve --listen 127.0.0.1:0 --data \"$1\"", KvTcpProgram.Path, Data]);
        ProcessResult end = await server.EndAsync();
        Assert.That(end.ExitCode, Is.EqualTo(Killed).Or.EqualTo(74), "the kernel kills it; where there are no groups, the allocation fails");
        Assert.That(end.Error, Does.Not.Contain("Listening on "));
    }

    [Test]
    public async Task Reload_beyond_the_memory_limit_is_refused_and_the_old_data_goes_on()
    {
        Publish("one");
        using ControlGroup group = ControlGroup.OfMemory(140 * MiB);
        using ProcessRun server = ProcessRun.Start(
            "bash", ["-c", $"{group.Prefix}exec \"$0\" serve --listen 127.0.0.1:0 --data \"$1\"", KvTcpProgram.Path, Data]);
        using LineClient client = await LineClient.ConnectAsync(IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server)));
        File.WriteAllLines(Data, Enumerable.Range(0, 150).Select(static index => $"{TestDataset.Key(index)} {new string('v', MiB - 1)}"));
        server.Signal(HangUp);
        Assert.That(await server.WaitForErrorLineAsync("Reload refused"), Does.Contain("memory"));
        Assert.That(await client.AskAsync($"GET {Key}"), Is.EqualTo("OK one"));
        server.Signal(Terminate);
        Assert.That((await server.EndAsync()).ExitCode, Is.Zero);
    }

    /// <summary>Nothing that waits may be hurried or held up by a clock that is set. What tells people a time, or compares with a certificate's, needs one.</summary>
    [Test]
    public void Deadlines_and_pauses_know_no_clock_that_can_be_set()
    {
        string[] allowed =
        [
            "ReloadJournal.cs: tells when a reload ended",
            "FetchedDataLoader.cs: tells when a dataset was loaded",
            "ServerMetrics.cs: tells how long the certificate is still valid",
            "StateRoutes.cs: tells the dashboard the time",
            "TlsCertificates.cs: certificates are valid by the calendar",
        ];
        string[] users =
        [
            .. new[] { "src/KvTcp.Server", "src/KvTcp.Transport", "src/KvTcp.Redis", "src/KvTcp.Client" }
                .SelectMany(static folder => Directory.GetFiles(Repository.PathOf(folder), "*.cs", SearchOption.AllDirectories))
                .Where(static file => File.ReadAllText(file) is string code && (code.Contains("UtcNow") || code.Contains("DateTime.Now") || code.Contains("DateTimeOffset.Now")))
                .Select(static file => Path.GetFileName(file)),
        ];
        Assert.That(users, Is.SubsetOf(allowed.Select(static reason => reason[..reason.IndexOf(':')])));
        Assert.That(users, Is.Not.Empty);
    }

    /// <summary>A server for which every file system is read-only; the directory of the test is not, for others.</summary>
    private ProcessRun StartReadOnly(string listen) => ProcessRun.Start(
        "unshare",
        [
            .. Environment.IsPrivilegedProcess ? (string[])[] : ["--map-root-user"], "--mount", "bash", "-c",
            "mount -o remount,bind,ro / && exec \"$0\" serve --listen \"$2\" --data \"$1\"", KvTcpProgram.Path, Data, listen,
        ]);

    private static ControlGroup GroupOfThreads()
    {
        ControlGroup group = ControlGroup.OfThreads();
        if (!group.IsReal)
        {
            Assert.Ignore("no control group can limit threads here");
        }

        return group;
    }

    private void Publish(string value)
    {
        File.WriteAllText($"{Data}.new", $"{Key} {value}\n");
        File.Move($"{Data}.new", Data, overwrite: true);
    }
}
