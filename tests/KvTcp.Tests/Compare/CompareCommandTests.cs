using KvTcp.Cli;
using KvTcp.Compare;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Compare;

/// <summary>Command lines that end before anything is measured.</summary>
[TestFixture]
public class CompareCommandTests
{
    [TestCase("--servers kvtcp,mysql", "--servers: 'mysql' is not one of kvtcp, redis, memcached, garnet, fastapi")]
    [TestCase("--transport epoll,", "--transport: '' is not a transport, or a transport+MICROSECONDS")]
    [TestCase("--transport epoll+x", "--transport: 'epoll+x' is not a transport, or a transport+MICROSECONDS")]
    [TestCase("--pairs 0", "--pairs: '0' is not a whole number from 1 to 1000000000")]
    [TestCase("--rounds none", "--rounds: 'none' is not a whole number from 1 to 1000")]
    [TestCase("--seconds 0.01", "--seconds: '0.01' is not a duration from 100ms to 1h")]
    [TestCase("--fast", "'--fast' is not an option of compare; see `compare --help`")]
    [TestCase("redis", "see `compare --help`")]
    public async Task A_wrong_command_line_is_one_line_and_64(string arguments, string error)
    {
        (int code, string text) = await RunAsync(arguments.Split(' '));
        Assert.That(code, Is.EqualTo(ExitCode.Usage));
        Assert.That(text, Does.StartWith("compare: ").And.Contain(error));
        Assert.That(text.TrimEnd('\n'), Does.Not.Contain("\n"));
    }

    [TestCase(null, ExitCode.NoInput, "performance.md is missing; --output names a folder with docs/performance.md")]
    [TestCase("# No marks\n", ExitCode.BadData, "performance.md: '<!-- begin compare -->' is missing")]
    public async Task A_page_that_cannot_take_the_figures_is_found_before_they_are_measured(string? page, int exitCode, string error)
    {
        using TemporaryDirectory directory = new();
        Directory.CreateDirectory(directory.PathOf("docs"));
        if (page is not null)
        {
            directory.Write("docs/performance.md", page);
        }

        (int code, string text) = await RunAsync("--output", directory.Root);
        Assert.That(code, Is.EqualTo(exitCode));
        Assert.That(text, Does.Contain(error));
    }

    [Test]
    public async Task More_pairs_than_memory_holds_are_refused()
    {
        (int code, string text) = await RunAsync("--pairs", "1000000000");
        Assert.That(code, Is.EqualTo(ExitCode.InputOutput));
        Assert.That(text, Does.Match("1,000,000,000 pairs in 5 servers take up to [0-9,]+ MiB, and [0-9,]+ MiB are free; see --pairs and --servers"));
    }

    private static async Task<(int ExitCode, string Error)> RunAsync(params string[] arguments)
    {
        using StringWriter error = new();
        return (await CompareCommand.RunAsync(arguments, error), error.ToString());
    }
}
