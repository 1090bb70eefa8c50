using System.CommandLine;
using KvTcp.Cli;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

public sealed class CommandLineTests
{
    [TestCase("", "Required command was not provided")]
    [TestCase("serv", "'serv'")]
    [TestCase("serve --dat x", "'--dat' is not an option of kvtcp serve")]
    [TestCase("check --dat", "'--dat' is not an option of kvtcp check")]
    [TestCase("check -x", "'-x' is not an option of kvtcp check")]
    [TestCase("get --timeout", "'--timeout' is not an option of kvtcp get")]
    [TestCase("serve --data --lisen", "'--lisen' is not an option of kvtcp serve")]
    [TestCase("serve extra", "'extra'")]
    [TestCase("serve --data", "'--data'")]
    [TestCase("check", "kvtcp check --help")]
    [TestCase("serve --idle-timeout 1s --idle-timeout 2s", "--idle-timeout")]
    [TestCase("serve --data x --busy-poll -1", "--busy-poll: '-1' is not a whole number from 0 to 1000")]
    [TestCase("serve --data x --busy-poll 1001", "--busy-poll: '1001' is not a whole number from 0 to 1000")]
    [TestCase("serve --data x --loops 0", "--loops: '0' is not a whole number from 1 to 1024")]
    [TestCase("serve --data x --loops 1025", "--loops: '1025' is not a whole number from 1 to 1024")]
    [TestCase("serve --data x --max-connections 0", "--max-connections: '0' is not a whole number from 1 to 1000000")]
    [TestCase("serve --data x --max-request-line 1023", "--max-request-line: '1023'")]
    [TestCase("serve --data x --max-request-line 65537", "--max-request-line: '65537'")]
    [TestCase("serve --data x --max-value-length 17MiB", "--max-value-length: '17MiB'")]
    [TestCase("serve --data x --first-request-timeout 99ms", "--first-request-timeout: '99ms'")]
    [TestCase("serve --data x --unread-reply-timeout 25h", "--unread-reply-timeout: '25h'")]
    [TestCase("serve --data x --uuid-version 7", "--uuid-version: '7' is not one of any, 4")]
    [TestCase("serve --data x --on-bad-line ignore", "--on-bad-line: 'ignore' is not one of stop, skip")]
    [TestCase("serve --data x --duplicates none", "--duplicates: 'none' is not one of last, first, error")]
    [TestCase("serve --data x --log-level loud", "--log-level: 'loud'")]
    [TestCase("serve --data x --listen example.org:1", "--listen: 'example.org:1'")]
    [TestCase("serve", "no data to serve")]
    [TestCase("serve --data - --data -", "more than once")]
    [TestCase("generate --count 1", "'--output'")]
    [TestCase("generate -o x", "'--count'")]
    [TestCase("generate --count -1 -o -", "--count: '-1'")]
    [TestCase("generate --count 1000000000001 -o -", "--count: '1000000000001' is not a whole number from 0 to 1000000000000")]
    [TestCase("generate --count 1 --seed 2147483648 -o -", "--seed: '2147483648'")]
    [TestCase("generate --count 1 --value-length 0-16777217 -o -", "--value-length: '0-16777217'")]
    [TestCase("get --server nowhere 6ba7b810-9dad-41d1-80b4-00c04fd430c8", "--server: 'nowhere'")]
    [TestCase("get 6ba7b8109dad41d180b400c04fd430c8", "'6ba7b8109dad41d180b400c04fd430c8' is not a key")]
    public async Task RunAsync_of_a_wrong_command_line_reports_one_line_and_exit_code_64(string line, string message)
    {
        using StringWriter error = new();
        int exitCode = await CommandLine.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), error);
        new ProcessResult(exitCode, [], error.ToString()).AssertError(64, message);
    }

    [Test]
    public async Task Program_with_an_unknown_option_writes_one_line_and_ends_with_64()
    {
        ProcessResult result = await KvTcpProgram.RunAsync("serve", "--prot", "1");
        result.AssertError(64, "'--prot' is not an option of kvtcp serve", "`kvtcp serve --help`");
        Assert.That(result.OutputBytes, Is.Empty);
    }

    [Test]
    public async Task Verbose_adds_the_stack_trace()
    {
        ProcessResult result = await KvTcpProgram.RunAsync("serve", "--verbose");
        Assert.That(result.ExitCode, Is.EqualTo(64));
        Assert.That(result.Error, Does.StartWith("kvtcp: no data").And.Contains("   at KvTcp.Cli.ServeSettings"));
    }

    [Test]
    public async Task Version_is_name_and_number()
    {
        ProcessResult result = await KvTcpProgram.RunAsync("--version");
        Assert.That(result.Output, Does.Match(@"^kvtcp \d+\.\d+\.\d+\n$"));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
    }

    [TestCase("", "kvtcp serve --data")]
    [TestCase("serve", "KVTCP_MAX_CONNECTIONS")]
    [TestCase("check", "kvtcp check some.data")]
    [TestCase("generate", "kvtcp generate --count")]
    [TestCase("get", "kvtcp get --server")]
    public async Task Help_has_examples_for_every_command(string command, string text)
    {
        ProcessResult result = await KvTcpProgram.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output, Does.Contain("Examples:\n  kvtcp").And.Contains(text));
    }

    [Test]
    public void Every_command_has_a_description_of_itself_and_of_all_it_takes()
    {
        foreach (Command command in CommandLine.Create().Subcommands)
        {
            Assert.That(command.Description, Is.Not.Empty, command.Name);
            Assert.That(command.Options.Select(static o => o.Description), Has.None.Empty, command.Name);
            Assert.That(command.Arguments.Select(static a => a.Description), Has.None.Empty, command.Name);
        }
    }

    [TestCase("\"$kvtcp\" --version")]
    [TestCase("\"$kvtcp\" --help")]
    [TestCase("\"$kvtcp\" generate --count 1 -o -")]
    public async Task Output_to_a_full_disk_ends_with_74(string script)
    {
        ProcessResult result = await KvTcpProgram.RunInShellAsync(script + " > /dev/full");
        result.AssertError(74, "standard output cannot be written: No space left on device");
    }
}
