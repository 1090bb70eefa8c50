using System.Diagnostics;
using System.Globalization;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

/// <summary><c>kvtcp reload</c> and <c>kvtcp rollback</c> against a server of its own process, and what happens to that process.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ReloadCommandTests : IDisposable
{
    private const string Token = "correct-horse";
    private const int SigHup = 1;
    private const int SigKill = 9;
    private const int SigTerm = 15;

    private readonly TemporaryDirectory _directory = new();

    private string Data => _directory.PathOf("some.data");

    private string Unix => "unix:" + _directory.PathOf("k.sock");

    private static string Key => TestDataset.Key(0).ToString();

    public void Dispose() => _directory.Dispose();

    [Test]
    public async Task Reload_and_rollback_print_the_dataset_id_and_refusals_end_with_1()
    {
        Publish("one");
        using ProcessRun server = await ServeAsync();
        Publish("two");
        ProcessResult reload = await KvTcpProgram.RunAsync("reload", "--server", Unix);
        Assert.That((reload.ExitCode, reload.Error), Is.EqualTo((0, "")));
        Assert.That(reload.Output, Does.Match("^[0-9a-f]{16}\n$"));
        Assert.That(await GetAsync(), Is.EqualTo("two\n"));

        ProcessResult rollback = await KvTcpProgram.RunAsync("rollback", "--server", Unix);
        Assert.That(rollback.ExitCode, Is.Zero, rollback.Error);
        Assert.That(rollback.Output, Does.Match("^[0-9a-f]{16}\n$").And.Not.EqualTo(reload.Output));
        Assert.That(await GetAsync(), Is.EqualTo("one\n"));
        (await KvTcpProgram.RunAsync("rollback", "--server", Unix)).AssertError(1, $"{Unix} refused: there is no previous dataset");

        File.WriteAllText(Data, "bad\n");
        (await KvTcpProgram.RunAsync("reload", "--server", Unix)).AssertError(1, $"{Unix} refused: {Data}:1: ");
        Assert.That(await GetAsync(), Is.EqualTo("one\n"));
    }

    [Test]
    public async Task Reload_over_tcp_needs_the_token([Values] bool fromFile)
    {
        Publish("one");
        string tokenFile = _directory.Write("token", Token + "\n");
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["KVTCP_AUTH_TOKEN"] = Token };
        string[] arguments = ["serve", "--data", Data, "--listen", "127.0.0.1:0"];
        using ProcessRun server = fromFile
            ? ProcessRun.Start(KvTcpProgram.Path, [.. arguments, "--auth-token-file", tokenFile])
            : ProcessRun.Start(KvTcpProgram.Path, arguments, environment: environment);
        string address = await KvTcpProgram.AddressAsync(server);
        string wrong = _directory.Write("wrong", "wrong");
        (await KvTcpProgram.RunAsync("reload", "--server", address)).AssertError(69, "AUTH comes first");
        (await KvTcpProgram.RunAsync("reload", "--server", address, "--auth-token-file", wrong)).AssertError(69, "the token is wrong");
        ProcessResult reload = fromFile
            ? await KvTcpProgram.RunAsync("reload", "--server", address, "--auth-token-file", tokenFile)
            : await ProcessRun.RunAsync(KvTcpProgram.Path, ["reload", "--server", address], environment: environment);
        Assert.That(reload.ExitCode, Is.Zero, reload.Error);
    }

    [Test]
    public async Task Reload_of_a_server_that_is_not_there_ends_with_69() =>
        (await KvTcpProgram.RunAsync("reload", "--server", Unix)).AssertError(69, $"cannot connect to {Unix}: ", "--server");

    [TestCase("", Description = "an empty file")]
    [TestCase("two words", Description = "a space")]
    public async Task Token_that_cannot_be_one_ends_with_64(string token) => (await KvTcpProgram.RunAsync(
        "reload", "--server", Unix, "--auth-token-file", _directory.Write("token", token))).AssertError(64, "a token is 1 to 1024");

    [Test]
    public async Task Token_file_that_is_missing_ends_with_66() => (await KvTcpProgram.RunAsync(
        "reload", "--server", Unix, "--auth-token-file", _directory.PathOf("none"))).AssertError(66, "the token cannot be read");

    [Test]
    public async Task Watching_server_takes_a_renamed_file()
    {
        Publish("one");
        using ProcessRun server = await ServeAsync("--watch", "100ms");
        Publish("two");
        await server.WaitForErrorLineAsync("Reload: serving dataset ");
        Assert.That(await GetAsync(), Is.EqualTo("two\n"));
    }

    [Test]
    public async Task Server_killed_while_it_reloads_starts_again_at_the_same_place()
    {
        Publish("one");
        using (ProcessRun server = await ServeWithPipeAsync())
        {
            server.Signal(SigHup);
            using FileStream feed = await OpenPipeAsync();
            await server.WaitForErrorLineAsync("Reloading ");
            Assert.That(await GetAsync(), Is.EqualTo("one\n"), "while it reloads");
            server.Signal(SigKill);
            Assert.That((await server.EndAsync()).ExitCode, Is.EqualTo(128 + SigKill));
        }

        Assert.That(File.ReadAllText(Data), Is.EqualTo($"{Key} one\n"));
        using ProcessRun again = await ServeAsync();
        Assert.That(await GetAsync(), Is.EqualTo("one\n"));
    }

    [Test]
    public async Task Server_stops_in_order_while_it_reloads()
    {
        Publish("one");
        using ProcessRun server = await ServeWithPipeAsync();
        Task<ProcessResult> reload = KvTcpProgram.RunAsync("reload", "--server", Unix);
        using FileStream feed = await OpenPipeAsync();
        server.Signal(SigTerm);
        (await reload).AssertError(1, "refused: the server is stopping");
        ProcessResult result = await server.EndAsync();
        Assert.That(result.ExitCode, Is.Zero, result.Error);
    }

    [Test]
    public async Task Memory_of_old_datasets_goes_back()
    {
        using (FileStream file = File.Create(Data))
        {
            KvTcp.Store.DataFileGenerator.Write(file, 1_000_000);
        }

        using ProcessRun server = await ServeAsync("--max-shrink", "100%");
        long before = Resident(server);
        foreach (string value in new[] { "one", "two" })
        {
            Publish(value);
            Assert.That((await KvTcpProgram.RunAsync("reload", "--server", Unix)).ExitCode, Is.Zero);
        }

        // A million pairs take 68 MB; the first reload keeps them for a rollback, the second does not.
        await Patience.UntilAsync(() => Task.FromResult(Resident(server) < before - (60 << 20)), $"RSS falls from {before:N0}");
        Assert.That(await GetAsync(), Is.EqualTo("two\n"));
    }

    /// <summary>Puts a new file in the place of the old one.</summary>
    private void Publish(string value) => File.Move(_directory.Write("new.data", $"{Key} {value}\n"), Data, overwrite: true);

    private async Task<string> GetAsync() => (await KvTcpProgram.RunAsync("get", Key, "--server", Unix)).Output;

    private async Task<ProcessRun> ServeAsync(params string[] options)
    {
        ProcessRun server = ProcessRun.Start(KvTcpProgram.Path, ["serve", "--data", Data, "--listen", Unix, .. options]);
        await KvTcpProgram.AddressAsync(server);
        return server;
    }

    /// <summary>A server whose reloads wait until a pipe, its last source, is written to and closed.</summary>
    private async Task<ProcessRun> ServeWithPipeAsync()
    {
        using (Process make = Process.Start("mkfifo", [_directory.PathOf("pipe")]))
        {
            await make.WaitForExitAsync();
        }

        ProcessRun server = ProcessRun.Start(
            KvTcpProgram.Path, ["serve", "--data", Data, "--data", _directory.PathOf("pipe"), "--listen", Unix]);
        (await OpenPipeAsync()).Dispose();
        await KvTcpProgram.AddressAsync(server);
        return server;
    }

    /// <summary>Opens the pipe for writing, which waits until the server reads it.</summary>
    private Task<FileStream> OpenPipeAsync() => Task.Run(
        () => new FileStream(_directory.PathOf("pipe"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite)).WaitAsync(Patience.Limit);

    // "VmRSS:    123456 kB", proc_pid_status(5)
    private static long Resident(ProcessRun server) => 1024 * long.Parse(
        File.ReadLines($"/proc/{server.Id}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(
            ' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
