using System.Runtime.Versioning;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary><c>./run.sh bench tls</c> with short runs.</summary>
[TestFixture]
[Alone]
[UnsupportedOSPlatform("windows")]
public class TlsBenchmarkTests
{
    private static readonly string Program = KvTcpProgram.Path
        .Replace("KvTcp.Cli", "KvTcp.Benchmarks", StringComparison.Ordinal).Replace("/kvtcp", "/KvTcp.Benchmarks", StringComparison.Ordinal);

    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void CreateTemporaryFolder() => _directory = new TemporaryDirectory();

    [TearDown]
    public void RemoveTemporaryFolder() => _directory.Dispose();

    [Test]
    public async Task Each_round_has_TLS_and_plain_and_a_median_ends_them()
    {
        ProcessResult result = await RunAsync("2", "0.3", "epoll");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        string[] lines = result.Output.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(5), "the head, two rounds, the medians");
        for (int round = 1; round <= 2; round++)
        {
            Assert.That(lines[round + 1], Does.Match($@"^\| {round} \| [\d,]+ \| [\d,]+ \| \d+\.\d\d \| \d+\.\d\d \| \d+\.\d\d \| \d+\.\d\d \|$"));
        }

        Assert.That(lines[^1], Does.Match(@"^TLS has \d+\.\d\d.* times the throughput, .* \d+\.\d\d.* times the CPU a request$"));
        AssertNothingIsLeft();
    }

    [Test]
    public async Task A_server_that_cannot_start_is_quoted()
    {
        ProcessResult result = await RunAsync("1", "0.3", "pigeons");
        Assert.That(result.ExitCode, Is.EqualTo(69));
        Assert.That(result.Error, Does.StartWith("tls: it ended with 64 at its start: ").And.Contain("pigeons"));
        AssertNothingIsLeft();
    }

    private Task<ProcessResult> RunAsync(params string[] arguments) => ProcessRun.RunAsync(
        Program, ["tls", .. arguments], environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["TMPDIR"] = _directory.Root });

    private void AssertNothingIsLeft() =>
        Assert.That(Directory.EnumerateFileSystemEntries(_directory.Root).Select(Path.GetFileName), Has.None.StartsWith("kvtcp-compare"));
}
