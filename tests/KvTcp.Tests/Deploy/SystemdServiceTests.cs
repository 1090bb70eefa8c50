using System.Text;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Deploy;

/// <summary>The units of deploy/systemd, run by systemd.</summary>
[TestFixture]
public sealed class SystemdServiceTests
{
    private const string Key = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private const string Get = $"printf 'GET {Key}\\n' | nc -N 127.0.0.1 7878";

    private SystemdMachine _machine = null!;

    [OneTimeSetUp]
    public async Task BootAsync()
    {
        if (!Environment.IsPrivilegedProcess && Environment.GetEnvironmentVariable("CI") is not "true")
        {
            Assert.Ignore("only root can start a systemd of its own");
        }

        _machine = await SystemdMachine.BootAsync();
    }

    [OneTimeTearDown]
    public async Task EndAsync()
    {
        if (_machine is not null)
        {
            await _machine.DisposeAsync();
        }
    }

    [SetUp]
    public Task PublishAsync() => PublishAsync("one");

    [TearDown]
    public Task StopAsync() => _machine.RunAsync(
        "systemctl stop kvtcp.socket kvtcp; systemctl reset-failed; rm -rf /etc/systemd/system/kvtcp.service.d /etc/kvtcp; systemctl daemon-reload");

    [Test]
    public async Task Service_has_started_when_it_answers_and_may_do_no_more_than_it_needs()
    {
        await _machine.RunAsync("systemctl start kvtcp");
        Assert.That(await _machine.RunAsync(Get), Is.EqualTo("OK one"));
        Assert.That(await _machine.RunAsync("systemctl show --property StatusText --value kvtcp"), Is.EqualTo("Serving"));
        Assert.That(await _machine.RunAsync("kvtcp healthcheck"), Is.EqualTo("ready"));

        string[] status = (await _machine.RunAsync("cat /proc/$(systemctl show --property MainPID --value kvtcp)/status")).Split('\n');
        Assert.That(status, Has.None.StartsWith("Uid:\t0\t"));
        Assert.That(status, Has.Some.EqualTo("CapEff:\t0000000000000000").And.Some.EqualTo("NoNewPrivs:\t1").And.Some.EqualTo("Seccomp:\t2"));
        Assert.That(await _machine.TryAsync("nsenter --mount --target $(systemctl show --property MainPID --value kvtcp) touch /srv/kvtcp/x"), Has.Property("ExitCode").Not.Zero);

        // The filter of system calls leaves it the transport that it would choose.
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", Repository.PathOf("data/example.data"));
        using (server)
        {
            string free = (await KvTcpProgram.RunAsync("stats", "--server", address)).Output;
            string confined = await _machine.RunAsync("kvtcp stats");
            Assert.That(NameValueLines.Of(confined)["transport"], Is.EqualTo(NameValueLines.Of(free)["transport"]), confined);
        }

        await _machine.RunAsync("systemctl stop kvtcp");
        Assert.That(await _machine.RunAsync("systemctl show --property Result,ExecMainStatus kvtcp"), Is.EqualTo("Result=success\nExecMainStatus=0"));
    }

    [Test]
    public async Task Reload_shows_in_the_status_and_a_refusal_as_a_warning_in_the_journal()
    {
        await _machine.RunAsync("systemctl start kvtcp");
        await PublishAsync("two");
        await _machine.RunAsync("systemctl reload kvtcp");
        await UntilStatusAsync("Serving; serving dataset ");
        Assert.That(await _machine.RunAsync(Get), Is.EqualTo("OK two"));

        await _machine.RunAsync("rm /srv/kvtcp/pairs.data; systemctl reload kvtcp");
        await UntilStatusAsync("Serving; the last reload was refused: /srv/kvtcp/pairs.data does not exist");
        Assert.That(await _machine.RunAsync(Get), Is.EqualTo("OK two"));
        Assert.That(await UntilJournalAsync("warning", "Reload refused: /srv/kvtcp/pairs.data does not exist"), Does.Not.Contain("Listening on"));
        Assert.That(await UntilJournalAsync("info", "KvTcp.Server.KvServer[1] Listening on 127.0.0.1:7878"), Does.Not.Contain("<6>").And.Not.Contain("info:"));
    }

    [Test]
    public async Task Server_that_was_killed_is_started_again_and_one_without_data_until_there_is_some()
    {
        await _machine.RunAsync("systemctl start kvtcp && systemctl kill --signal KILL kvtcp");
        await Patience.UntilAsync(async () => (await _machine.TryAsync(Get)).Output is "OK one\n", "it is started again");

        await _machine.RunAsync("rm /srv/kvtcp/pairs.data && systemctl kill --signal KILL kvtcp");
        await Patience.UntilAsync(async () => int.Parse(await _machine.RunAsync("systemctl show --property NRestarts --value kvtcp")) > 6, "it has failed more often");
        Assert.That(await UntilJournalAsync("err", "kvtcp: /srv/kvtcp/pairs.data does not exist"), Does.Not.Contain("<3>"));
        await PublishAsync("late");
        await Patience.UntilAsync(async () => (await _machine.TryAsync(Get)).Output is "OK late\n", "it has found the data");
    }

    [Test]
    public async Task Service_that_is_told_nonsense_is_not_tried_again()
    {
        await ConfigureAsync("[Service]\nEnvironment=KVTCP_MAX_CONNECTIONS=many\n");
        Assert.That((await _machine.TryAsync("systemctl start kvtcp")).ExitCode, Is.Not.Zero);
        Assert.That(
            (await _machine.RunAsync("systemctl show --property ActiveState,ExecMainStatus,NRestarts kvtcp")).Split('\n'),
            Is.EquivalentTo(new[] { "NRestarts=0", "ExecMainStatus=64", "ActiveState=failed" }));

        // A client that waits at the socket starts it at once, each time; that has an end.
        await _machine.RunAsync($"systemctl reset-failed kvtcp; systemctl start kvtcp.socket; {Get} || true");
        await Patience.UntilAsync(
            async () => await _machine.RunAsync("systemctl show --property Result --value kvtcp.socket") is "service-start-limit-hit", "the socket gives up");
    }

    [Test]
    public async Task Clients_of_the_socket_wait_while_the_service_restarts()
    {
        await _machine.RunAsync("systemctl start kvtcp.socket");
        Assert.That(await _machine.RunAsync("systemctl is-active kvtcp || true"), Is.EqualTo("inactive"));
        Assert.That(await _machine.RunAsync(Get), Is.EqualTo("OK one"), "the first client starts it");

        // A client that the old server has accepted, and not read from, is closed; one at a time is here.
        const int Restarts = 3;
        string[] answers = (await _machine.RunAsync($$"""
            (for i in {1..{{Restarts}}}; do systemctl restart kvtcp || echo no restart; done) &
            while kill -0 $! 2>/dev/null; do
                answer=$({{Get}}) || answer=refused
                echo "${answer:-closed}"
            done
            {{Get}}
            """)).Split('\n');
        Assert.That(answers, Has.All.AnyOf("OK one", "closed"), "nobody is refused");
        Assert.That(answers.Count(static answer => answer is "closed"), Is.AtMost(Restarts), "no others are accepted in vain");
        Assert.That(answers[^1], Is.EqualTo("OK one"), "who comes afterwards is answered");
    }

    [Test]
    public async Task Token_comes_as_a_credential_and_the_log_goes_to_the_directory_of_the_service()
    {
        await _machine.RunAsync("install -D -m 600 /dev/stdin /etc/kvtcp/token", "a-token-of-some-length"u8.ToArray());
        await _machine.RunAsync("cat > /etc/kvtcp/environment", "KVTCP_LOG_FILE=/var/lib/kvtcp/kvtcp.log\n"u8.ToArray());
        await ConfigureAsync("[Service]\nLoadCredential=token:/etc/kvtcp/token\nEnvironment=KVTCP_AUTH_TOKEN_FILE=%d/token\n");
        await _machine.RunAsync("systemctl start kvtcp");
        Assert.That(await _machine.RunAsync(Get), Does.StartWith("ERR NOAUTH "));
        Assert.That(await _machine.RunAsync($"KVTCP_AUTH_TOKEN=a-token-of-some-length kvtcp get {Key}"), Is.EqualTo("one"));
        await Patience.UntilAsync(
            async () => (await _machine.TryAsync("grep -qE '^[0-9T:.-]+Z info: .* Listening on 127.0.0.1:7878$' /var/lib/kvtcp/kvtcp.log")).ExitCode == 0, "the log is written");
    }

    private async Task PublishAsync(string value) => await _machine.RunAsync(
        "cat > /srv/kvtcp/new && mv /srv/kvtcp/new /srv/kvtcp/pairs.data", Encoding.UTF8.GetBytes($"{Key} {value}\n"));

    private async Task ConfigureAsync(string text) => await _machine.RunAsync(
        "install -D /dev/stdin /etc/systemd/system/kvtcp.service.d/test.conf && systemctl daemon-reload", Encoding.UTF8.GetBytes(text));

    private Task UntilStatusAsync(string start) => Patience.UntilAsync(
        async () => (await _machine.RunAsync("systemctl show --property StatusText --value kvtcp")).StartsWith(start, StringComparison.Ordinal), $"the status is '{start}'");

    /// <summary>Waits until the service has logged a text at a level or a worse one.</summary>
    /// <returns>All that it has logged at these levels.</returns>
    private async Task<string> UntilJournalAsync(string level, string text)
    {
        string journal = "";
        await Patience.UntilAsync(
            async () => (journal = await _machine.RunAsync($"journalctl --no-pager --output cat --unit kvtcp --priority {level}")).Contains(text, StringComparison.Ordinal),
            $"the journal has '{text}'");
        return journal;
    }
}
