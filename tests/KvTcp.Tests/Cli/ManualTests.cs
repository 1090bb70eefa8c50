using System.CommandLine;
using KvTcp.Cli;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

/// <summary>What <c>kvtcp completion</c> and <c>kvtcp man</c> make of the commands, read by those who will read it.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ManualTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [TestCase("bash", "{0}", "{0}", "bash", "-n")]
    [TestCase("zsh", "'*{0}[", "'*{0}[", "zsh", "-n")]
    [TestCase("fish", "-l {0}", "-s {0}", "fish", "-n")]
    [TestCase("man", @"\fB{0}\fR", @"\fB{0}\fR", "mandoc", "-Tlint -Werror")]
    public async Task Every_command_and_option_is_in_what_is_printed(string kind, string longForm, string shortForm, string reader, string check)
    {
        ProcessResult printed = await (kind is "man" ? KvTcpProgram.RunAsync("man") : KvTcpProgram.RunAsync("completion", kind));
        Assert.That(printed.ExitCode, Is.Zero, printed.Error);
        RootCommand root = CommandLine.Create();
        foreach (Command command in root.Subcommands)
        {
            Assert.That(printed.Output, Does.Contain(command.Name));
        }

        foreach (string name in root.Subcommands.Append(root).SelectMany(static command => command.Options).SelectMany(static o => o.Aliases.Append(o.Name)).Distinct(StringComparer.Ordinal))
        {
            string shown = kind is "fish" ? name.TrimStart('-') : kind is "man" ? name.Replace("-", "\\-", StringComparison.Ordinal) : name;
            string form = name.StartsWith("--", StringComparison.Ordinal) ? longForm : shortForm;
            Assert.That(printed.Output, Does.Contain(form.Replace("{0}", shown, StringComparison.Ordinal)));
        }

        string path = _directory.Write("printed", printed.Output);
        ProcessResult read = await ProcessRun.RunAsync(reader, [.. check.Split(' '), path]);
        Assert.That((read.ExitCode, read.Error), Is.EqualTo((0, "")), read.Output);
    }

    [TestCase("", "serve check build", TestName = "Bash_completes_commands")]
    [TestCase("serve --trans", "--transport")]
    [TestCase("serve --transport ", "auto sockets epoll io_uring")]
    [TestCase("serve --transport e", "epoll")]
    [TestCase("get --server x --tls-c", "--tls-ca --tls-client-cert --tls-client-key")]
    [TestCase("--verbose serve --log-format ", "text json", TestName = "Bash_finds_the_command_behind_options")]
    [TestCase("completion ", "bash fish zsh")]
    [TestCase("serve --data ", "", TestName = "Bash_offers_files_where_no_words_are_known")]
    public async Task Bash_completes(string typed, string offered)
    {
        string script = _directory.Write("kvtcp.bash", (await KvTcpProgram.RunAsync("completion", "bash")).Output);
        string words = string.Join(' ', typed.Split(' ').Select(static word => $"'{word}'"));
        ProcessResult result = await ProcessRun.RunAsync(
            "bash", ["-c", $"source '{script}'; COMP_WORDS=(kvtcp {words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _kvtcp; echo \"${{COMPREPLY[*]}}\""]);
        Assert.That(result.Output.TrimEnd('\n'), offered.Length > 0 ? Does.StartWith(offered) : Is.Empty, result.Error);
    }

    [TestCase("serve --trans", "--transport")]
    [TestCase("serve --transport ", "auto epoll io_uring sockets")]
    [TestCase("get --tls-c", "--tls-ca --tls-client-cert --tls-client-key")]
    [TestCase("--verbose serve --log-format ", "json text", TestName = "Fish_finds_the_command_behind_options")]
    [TestCase("completion ", "bash fish zsh")]
    public async Task Fish_completes(string typed, string offered)
    {
        string script = _directory.Write("kvtcp.fish", (await KvTcpProgram.RunAsync("completion", "fish")).Output);
        ProcessResult result = await ProcessRun.RunAsync("fish", ["--no-config", "-c", $"source '{script}'; complete -C 'kvtcp {typed}' | string split --fields 1 \\t"]);
        Assert.That(result.Output.TrimEnd('\n').Replace('\n', ' '), Is.EqualTo(offered), result.Error);
    }

    [Test]
    public async Task Man_shows_a_page_with_commands_options_and_examples()
    {
        string path = _directory.Write("kvtcp.1", (await KvTcpProgram.RunAsync("man")).Output);

        // Without the overstriking of bold letters.
        string page = (await ProcessRun.RunAsync("bash", ["-c", $"mandoc -Tascii -Owidth=200 '{path}' | sed 's/.\b//g'"])).Output;
        Assert.That(page, Does.Contain("kvtcp serve [options]").And.Contains("--max-connections N").And.Contains("Environment: KVTCP_MAX_CONNECTIONS."));
        Assert.That(page, Does.Contain("kvtcp serve --data a.data.gz --data b.data --listen 127.0.0.1:7878"));
    }
}
