using System.Net.Sockets;
using System.Text.Json;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

/// <summary><c>kvtcp serve --log-file</c> and <c>--log-format</c>.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LogFileTests : IDisposable
{
    private const string Key = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";

    private readonly TemporaryDirectory _directory = new();

    private string Log => _directory.PathOf("k.log");

    public void Dispose() => _directory.Dispose();

    [Test]
    public async Task Log_goes_to_the_file_behind_what_is_there_and_not_to_standard_error()
    {
        _directory.Write("k.log", "before\n");
        using ProcessRun server = await ServeAsync("--log-file", Log);
        ProcessResult result = await EndAsync(server);
        string log = await File.ReadAllTextAsync(Log);
        Assert.That((result.ExitCode, result.Output, result.Error), Is.EqualTo((0, "", "")));
        Assert.That(log, Does.StartWith("before\n2").And.Match(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: KvTcp.Server.Reloader\[21\] Loaded 1 pairs"));
        Assert.That(log, Does.Contain("Received signal 15").And.Contains("Stopped; "), "the last lines are written too");
    }

    [Test]
    public async Task Log_as_json_is_an_object_a_line_on_standard_error_and_in_the_file()
    {
        using ProcessRun toFile = await ServeAsync("--log-format", "json", "--log-file", Log);
        await EndAsync(toFile);
        using ProcessRun toError = await ServeAsync("--log-format", "json");
        string standardError = (await EndAsync(toError)).Error;
        foreach (string log in new[] { await File.ReadAllTextAsync(Log), standardError })
        {
            JsonElement[] messages = [.. log.TrimEnd('\n').Split('\n').Select(static line => JsonDocument.Parse(line).RootElement)];
            JsonElement loaded = messages.Single(static message => message.GetProperty("EventId").GetInt32() == 21);
            Assert.That(loaded.GetProperty("State").GetProperty("Pairs").GetInt64(), Is.EqualTo(1));
            Assert.That(loaded.GetProperty("LogLevel").GetString(), Is.EqualTo("Information"));
            Assert.That(loaded.GetProperty("Timestamp").GetDateTimeOffset().Offset, Is.EqualTo(TimeSpan.Zero));
        }
    }

    [Test]
    public async Task Log_files_stay_within_their_size_and_number()
    {
        using ProcessRun server = await ServeAsync("--log-file", Log, "--log-file-size", "4KiB", "--log-file-count", "2", "--log-level", "debug");
        await ReloadUntilAsync(() => File.Exists(_directory.PathOf("k_003.log")), "the fourth file is begun");
        await EndAsync(server);
        FileInfo[] files = [.. new DirectoryInfo(_directory.Root).GetFiles("k*.log").OrderBy(static file => file.Name, StringComparer.Ordinal)];
        Assert.That(files, Has.Length.EqualTo(2), string.Join(' ', files.Select(static file => file.Name)));
        Assert.That(files.Select(static file => file.Length), Is.All.LessThan(5 << 10), "the limit and the line that exceeds it");
    }

    [TestCase("no/such/k.log", "Could not find a part of the path")]
    [TestCase(".", "it is a directory")]
    public async Task Log_file_that_cannot_be_written_ends_with_74(string path, string reason) =>
        (await ServeToEndAsync("", path)).AssertError(74, $"the log file {path} cannot be written: ", reason, "--log-file");

    [Test]
    public async Task Log_file_in_a_directory_without_permission_ends_with_74()
    {
        Directory.CreateDirectory(_directory.PathOf("closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        (await ServeToEndAsync(OrdinaryRights.Prefix, "closed/k.log")).AssertError(74, "closed/k.log cannot be written", "is denied");
    }

    [Test]
    public async Task Log_file_on_a_read_only_file_system_ends_with_74()
    {
        Directory.CreateDirectory(_directory.PathOf("disk"));
        (await ServeToEndAsync(InNamespace("mount -t tmpfs -o ro none disk"), "disk/k.log"))
            .AssertError(74, "disk/k.log cannot be written", "ead-only file system");
    }

    [Test]
    public async Task Log_file_on_a_full_disk_costs_messages_and_nothing_else()
    {
        // As good as a disk that is full from the start: it can be opened, and takes nothing.
        using ProcessRun server = await ServeAsync("--log-file", "/dev/full");
        Assert.That(
            await server.WaitForErrorLineAsync("kvtcp: "),
            Does.Match(@"^kvtcp: the log file cannot be written, and (1 message is|(?!1 )\d+ messages are) lost so far: No space left on device"));
        Assert.That((await GetAsync()).Output, Is.EqualTo("one\n"));
        ProcessResult result = await EndAsync(server);
        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(result.Error, Does.Match(@"\nkvtcp: [1-9]\d* messages are missing in the log file, which is closed\n$"), "the last word is the total");
    }

    [TestCase("2>/dev/full", TestName = "Log_file_and_standard_error_on_a_full_disk_cost_messages_and_nothing_else")]
    [TestCase("2> >(true)", TestName = "Log_file_on_a_full_disk_and_nobody_behind_standard_error_cost_messages_and_nothing_else")]
    [TestCase("2>&-", TestName = "Log_file_on_a_full_disk_and_no_standard_error_cost_messages_and_nothing_else")]
    public async Task Nowhere_to_log_costs_messages_and_nothing_else(string redirection)
    {
        using ProcessRun server = await ServeInShellAsync("exec ", $"/dev/full {redirection}");
        Assert.That((await GetAsync()).Output, Is.EqualTo("one\n"));

        // Before it ends it has tried to write what it logged, and to tell of the failure.
        Assert.That((await EndAsync(server)).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Standard_error_that_nobody_reads_does_not_keep_the_server_from_ending()
    {
        const string FullPipe = "mkfifo pipe; exec 3<>pipe; dd if=/dev/zero of=pipe bs=4096 oflag=nonblock 2>dd.log; exec ";
        using ProcessRun server = await ServeInShellAsync(FullPipe, "/dev/full 2>pipe");
        Assert.That(await File.ReadAllTextAsync(_directory.PathOf("dd.log")), Does.Contain("temporarily unavailable"), "the pipe is full");
        Assert.That((await GetAsync()).Output, Is.EqualTo("one\n"));
        Assert.That((await EndAsync(server)).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Disk_that_becomes_full_and_is_cleared_costs_the_messages_between()
    {
        Directory.CreateDirectory(_directory.PathOf("disk"));
        using ProcessRun server = await ServeInShellAsync(InNamespace("mount -t tmpfs -o size=64k none disk"), "disk/k.log");
        string disk = $"/proc/{server.Id}/root{_directory.PathOf("disk")}";
        string ballast = Path.Combine(disk, "ballast");
        Assert.That(() => File.WriteAllBytes(ballast, new byte[64 << 10]), Throws.InstanceOf<IOException>(), "the disk is full");

        // The last page of the file has room for some more lines.
        Task told = server.WaitForErrorLineAsync("the log file cannot be written, and ");
        await ReloadUntilAsync(() => told.IsCompleted, "standard error tells of the loss");
        await told;
        Assert.That((await GetAsync()).Output, Is.EqualTo("one\n"), "the server goes on");
        File.Delete(ballast);
        told = server.WaitForErrorLineAsync(" missing in the log file, which is written again");
        await ReloadUntilAsync(() => told.IsCompleted, "standard error tells of the end of the loss");
        await told;
        Assert.That(await File.ReadAllTextAsync(Path.Combine(disk, "k.log")), Does.EndWith("\n").And.Contains("Reload: "));
        Assert.That((await EndAsync(server)).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Old_log_file_that_cannot_be_removed_costs_no_message()
    {
        // What something is mounted on cannot be removed.
        using ProcessRun server = await ServeInShellAsync(
            InNamespace("touch k.log && mount --bind k.log k.log"), "k.log --log-file-size 4KiB --log-file-count 2");
        Task told = server.WaitForErrorLineAsync("kvtcp: an old log file cannot be removed: ");
        await ReloadUntilAsync(() => told.IsCompleted && File.Exists(_directory.PathOf("k_004.log")), "the fifth file is begun");
        await told;
        Assert.That(await File.ReadAllTextAsync(_directory.PathOf("k_003.log")), Does.EndWith("\n"));
        ProcessResult result = await EndAsync(server);
        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(result.Error, Does.Not.Contain("lost").And.Not.Contain("missing"));
    }

    /// <summary>What stands before a command that sees a file system of its own, which goes with it.</summary>
    private static string InNamespace(string mount) =>
        $"exec unshare {(Environment.IsPrivilegedProcess ? "" : "-r ")}-m bash -c '{mount} && exec \"$@\"' - ";

    private async Task<ProcessRun> ServeAsync(params string[] arguments)
    {
        _directory.Write("some.data", $"{Key} one\n");
        ProcessRun server = ProcessRun.Start(
            KvTcpProgram.Path, ["serve", "--data", _directory.PathOf("some.data"), "--listen", "unix:" + _directory.PathOf("k.sock"), .. arguments]);
        await UntilServingAsync(server);
        return server;
    }

    private async Task<ProcessRun> ServeInShellAsync(string before, string log)
    {
        ProcessRun server = ProcessRun.Start("bash", ["-c", Script(before, log)], _directory.Root);
        await UntilServingAsync(server);
        return server;
    }

    private async Task UntilServingAsync(ProcessRun server) => await Patience.UntilAsync(
        async () => server.HasEnded || await AcceptsAsync(), "the server listens");

    /// <summary>The path is there a moment before anybody listens at it.</summary>
    private async Task<bool> AcceptsAsync()
    {
        try
        {
            using LineClient client = await LineClient.ConnectAsync(new UnixDomainSocketEndPoint(_directory.PathOf("k.sock")));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private Task<ProcessResult> ServeToEndAsync(string before, string log) =>
        ProcessRun.RunAsync("bash", ["-c", Script(before, log)], directory: _directory.Root);

    private string Script(string before, string log)
    {
        _directory.Write("some.data", $"{Key} one\n");
        return $"{before}\"{KvTcpProgram.Path}\" serve --data some.data --listen unix:k.sock --log-file {log}";
    }

    /// <summary>Has the server log.</summary>
    private async Task ReloadUntilAsync(Func<bool> condition, string what)
    {
        using LineClient client = await LineClient.ConnectAsync(new UnixDomainSocketEndPoint(_directory.PathOf("k.sock")));
        await Patience.UntilAsync(
            async () =>
            {
                await client.SendAsync("RELOAD\n");
                Assert.That(await client.ReadLineAsync(), Does.StartWith("OK "));
                return condition();
            },
            what);
    }

    private Task<ProcessResult> GetAsync() => KvTcpProgram.RunAsync("get", Key, "--server", "unix:" + _directory.PathOf("k.sock"));

    private static Task<ProcessResult> EndAsync(ProcessRun server)
    {
        server.Signal(15);
        return server.EndAsync();
    }
}
