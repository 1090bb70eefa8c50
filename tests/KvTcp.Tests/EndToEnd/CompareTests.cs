using System.Runtime.Versioning;
using System.Text.Json;
using KvTcp.Compare;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>The program <c>compare</c> as a whole, with little data and short runs.</summary>
[TestFixture]
[Alone]
[UnsupportedOSPlatform("windows")]
public class CompareTests
{
    private static readonly string Program = KvTcpProgram.Path
        .Replace("KvTcp.Cli", "KvTcp.Compare", StringComparison.Ordinal).Replace("/kvtcp", "/compare", StringComparison.Ordinal);

    private TemporaryDirectory _directory = null!;
    private Dictionary<string, string> _environment = null!;

    [SetUp]
    public void CreateOutput()
    {
        _directory = new TemporaryDirectory();
        Directory.CreateDirectory(_directory.PathOf("docs"));
        Directory.CreateDirectory(_directory.PathOf("temporary"));
        File.Copy(Repository.PathOf("docs/performance.md"), _directory.PathOf("docs/performance.md"));
        _environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["TMPDIR"] = _directory.PathOf("temporary") };
    }

    [TearDown]
    public void RemoveOutput() => _directory.Dispose();

    [Test]
    public async Task A_comparison_fills_the_page_the_charts_and_the_figures()
    {
        ProcessResult result = await RunAsync("--servers", "kvtcp,redis", "--pairs", "20000", "--rounds", "1", "--seconds", "0.3");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        string page = await File.ReadAllTextAsync(_directory.PathOf("docs/performance.md"));
        Assert.That(page, Does.Contain(result.Output), "what is printed is what is written");
        Assert.That(result.Output, Does.Contain("| kvtcp | 0.1.0 |").And.Contain("20,000 pairs").And.Not.Contain("failed"));
        using JsonDocument figures = JsonDocument.Parse(await File.ReadAllBytesAsync(_directory.PathOf("artifacts/compare.json")));
        JsonElement[] requests = [.. figures.RootElement.GetProperty("requests").EnumerateArray()];
        Assert.That(requests, Has.Length.EqualTo(2 * LoadCase.All.Count));
        Assert.That(requests, Is.All.Matches<JsonElement>(static request => request.GetProperty("requestsPerSecond").GetDouble() > 0));
        foreach (IGrouping<string, JsonElement> server in requests.GroupBy(static request => request.GetProperty("server").GetString()!, StringComparer.Ordinal))
        {
            Assert.That(result.Output.Split('\n'), Has.Exactly(RateResult.Shares.Count).Matches<string>(
                line => line!.StartsWith($"| {server.Key} | ", StringComparison.Ordinal) && line.Contains('%', StringComparison.Ordinal)));
            Assert.That(server.Sum(static request => request.GetProperty("cpuMicroseconds").GetDouble()), Is.Positive, "it may be 0 in a short run, but not in all");
        }

        foreach (string chart in (string[])[ComparisonCharts.Throughput, ComparisonCharts.PipelinedCpu, ComparisonCharts.Memory, ComparisonCharts.Wait])
        {
            Assert.That(_directory.PathOf($"docs/charts/{chart}"), Does.Exist);
        }

        await AssertNothingIsLeftAsync();
    }

    [Test]
    public async Task A_server_that_cannot_start_has_its_reason_in_the_page_and_ends_with_69()
    {
        Directory.CreateDirectory(_directory.PathOf("bin"));
        string fake = _directory.Write("bin/redis-server", "#!/bin/sh\n[ $1 != --version ] || { echo Redis v=0; exit; }\necho out of luck >&2\nexit 3\n");
        File.SetUnixFileMode(fake, (UnixFileMode)0b111_101_101);
        _environment["PATH"] = $"{_directory.PathOf("bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        ProcessResult result = await RunAsync("--servers", "redis", "--pairs", "1000", "--rounds", "1", "--seconds", "0.1");
        Assert.That(result.ExitCode, Is.EqualTo(69));
        Assert.That(result.Error, Is.EqualTo("compare: figures are missing of redis (starting: it ended with 3 at its start: out of luck)\n"));
        string page = await File.ReadAllTextAsync(_directory.PathOf("docs/performance.md"));
        Assert.That(page, Does.Contain("**redis has failed, and figures of it are missing.** starting: it ended with 3 at its start: out of luck"));
        await AssertNothingIsLeftAsync();
    }

    [Test]
    public async Task A_program_without_which_is_installed()
    {
        Directory.CreateDirectory(_directory.PathOf("bin"));
        string fake = _directory.Write("bin/apt-get", "#!/bin/sh\necho out of packages >&2\nexit 100\n");
        File.SetUnixFileMode(fake, (UnixFileMode)0b111_101_101);
        _environment["PATH"] = _directory.PathOf("bin");
        ProcessResult result = await RunAsync("--servers", "redis", "--pairs", "1000");
        Assert.That(result.Error, Does.Contain(Environment.IsPrivilegedProcess ? "`apt-get update` failed: out of packages" : "only root can do that"));
    }

    [Test]
    public async Task The_load_comes_from_the_cores_of_the_generator()
    {
        using ProcessRun compare = Start("--servers", "kvtcp", "--pairs", "1000", "--rounds", "1", "--seconds", "60");
        int[]? cores = null;
        await Patience.UntilAsync(
            async () =>
            {
                await Task.Delay(10);
                cores = CoresOfLoad(compare.Id);
                return cores is not null;
            },
            "the load runs");
        compare.Signal(2);
        await compare.EndAsync();
        Assert.That(cores, Is.EqualTo(CoreSplit.OfThisProcess().Generator));
    }

    [Test]
    public async Task Hold_fills_its_section()
    {
        ProcessResult result = await RunAsync("--hold", "--pairs", "20000");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain("| 20,000 | 2 |").And.Contain("extrapolated"));
        Assert.That(await File.ReadAllTextAsync(_directory.PathOf("docs/performance.md")), Does.Contain(result.Output));
        Assert.That(_directory.PathOf($"docs/charts/{HoldPage.Chart}"), Does.Exist);
        Assert.That(_directory.PathOf("artifacts/compare-hold.json"), Does.Exist);
        await AssertNothingIsLeftAsync();
    }

    [TestCase(2, 1, TestName = "SIGINT, as from Ctrl-C, leaves no server and no file")]
    [TestCase(15, 1, TestName = "SIGTERM leaves no server and no file")]
    [TestCase(2, 2, TestName = "Two SIGINT, of which the second ends it at once, leave no server and no file")]
    public async Task A_signal_leaves_no_server_and_no_file(int signal, int times)
    {
        using ProcessRun compare = Start("--servers", "kvtcp,redis", "--pairs", "1000", "--rounds", "1", "--seconds", "60");
        await Patience.UntilAsync(BothRunAsync, "both servers run");
        for (int i = 0; i < times; i++)
        {
            compare.Signal(signal);
        }

        ProcessResult result = await compare.EndAsync();
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((128 + signal, "")));
        await AssertNothingIsLeftAsync();
    }

    private Task<ProcessResult> RunAsync(params string[] arguments) =>
        ProcessRun.RunAsync(Program, [.. arguments, "--output", _directory.Root], environment: _environment, patience: TimeSpan.FromMinutes(3));

    private ProcessRun Start(params string[] arguments) =>
        ProcessRun.Start(Program, [.. arguments, "--output", _directory.Root], environment: _environment);

    private async Task<bool> BothRunAsync()
    {
        // Looking takes time from what is waited for: it goes through all processes of the machine.
        await Task.Delay(100);
        return Servers().Length == 2;
    }

    /// <summary>The cores of the first thread of the load; null when there is none.</summary>
    private static int[]? CoresOfLoad(int process)
    {
        try
        {
            string? thread = Directory.GetDirectories($"/proc/{process}/task").FirstOrDefault(
                static thread => File.ReadAllText(Path.Combine(thread, "comm")) is "load 0\n");
            return thread is null ? null : AllowedCores.Read(Path.Combine(thread, "status"));
        }
        catch (IOException)
        {
            // A thread has ended since it was listed.
            return null;
        }
    }

    /// <summary>A process that was killed is there for a moment longer.</summary>
    private async Task AssertNothingIsLeftAsync()
    {
        await Patience.UntilAsync(() => Task.FromResult(Servers().Length == 0), "no server is left");
        Assert.That(Directory.EnumerateFileSystemEntries(_directory.PathOf("temporary")).Select(Path.GetFileName), Has.None.StartsWith("kvtcp-compare"));
    }

    /// <summary>The processes whose current directory is the one that the comparison gives its servers.</summary>
    private string[] Servers() =>
        [.. Directory.GetDirectories("/proc").Select(CurrentDirectory).Where(folder => folder.StartsWith(_directory.PathOf("temporary"), StringComparison.Ordinal))];

    private static string CurrentDirectory(string process)
    {
        try
        {
            return new FileInfo(Path.Combine(process, "cwd")).LinkTarget ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended since it was listed.
            return "";
        }
    }
}
