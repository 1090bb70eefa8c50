using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>
/// Runs the README's commands, the lines that start with <c>$</c> in its console blocks, in their order and in a directory of
/// their own, and compares what they print with what stands below them.
/// </summary>
[TestFixture]
public class ReadmeTests
{
    private const string Serve = "./run.sh";

    // These would run this test again, or take minutes; that run.sh knows their first word has to do.
    private static readonly string[] TooLong = ["./run.sh test", "./run.sh bench", "./run.sh compare"];

    [Test]
    public async Task Every_command_works_as_shown()
    {
        using TemporaryDirectory directory = new();
        File.CreateSymbolicLink(directory.PathOf("run.sh"), Repository.PathOf("run.sh"));
        Directory.CreateSymbolicLink(directory.PathOf("data"), Repository.PathOf("data"));
        ConsoleExample[] examples = [.. ConsoleExample.Read(Repository.ReadText("README.md"))];
        Assert.That(examples.Select(static example => example.Command).First(), Is.EqualTo(Serve), "the README starts with serving");
        using ProcessRun server = ProcessRun.Start("bash", ["-c", Serve], directory.Root, Environment("KVTCP_LISTEN", "127.0.0.1:0"));
        string address = await KvTcpProgram.AddressAsync(server);
        string usage = (await ProcessRun.RunAsync("bash", ["-c", "./run.sh help"], directory: directory.Root)).Output;
        foreach (ConsoleExample example in examples.Skip(1))
        {
            if (TooLong.FirstOrDefault(command => example.Command.StartsWith(command, StringComparison.Ordinal)) is string command)
            {
                Assert.That(usage, Does.Contain(command));
                continue;
            }

            // The port of the README may be in use here.
            ProcessResult result = await ProcessRun.RunAsync(
                "bash",
                ["-c", WithAddress(example.Command, address)],
                directory: directory.Root,
                environment: Environment("KVTCP_SERVER", address));
            Assert.That(result.ExitCode, Is.Zero, $"{example.Command}\n{result.Error}");
            if (example.Output.Length > 0)
            {
                Assert.That(result.Output, Is.EqualTo(example.Output), example.Command);
            }
        }
    }

    [Test]
    public void Every_link_leads_to_a_file([Values] bool inReadme)
    {
        string[] pages = inReadme
            ? [Repository.PathOf("README.md"), Repository.PathOf("CONTRIBUTING.md")]
            : Directory.GetFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories);
        string[] broken = [.. pages.SelectMany(Links).Where(static link => !File.Exists(link) && !Directory.Exists(link))];
        Assert.That(broken, Is.Empty);
        Assert.That(pages.SelectMany(Links), Is.Not.Empty);
    }

    private static string WithAddress(string command, string address) => command
        .Replace("127.0.0.1 7878", address.Replace(':', ' '), StringComparison.Ordinal)
        .Replace("127.0.0.1:7878", address, StringComparison.Ordinal);

    private static Dictionary<string, string> Environment(string name, string value) => new(StringComparer.Ordinal) { [name] = value };

    private static IEnumerable<string> Links(string page)
    {
        foreach (string part in File.ReadAllText(page).Split("](").Skip(1))
        {
            string target = part[..part.IndexOf(')', StringComparison.Ordinal)].Split('#')[0];
            if (target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
            {
                yield return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, target));
            }
        }
    }
}
