using System.Runtime.Versioning;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

/// <summary>
/// Runs run.sh in a copy of the layout with a stand-in for the SDK, which records what it is asked and "builds" a program that
/// prints its arguments. So the script's own decisions are tested, in milliseconds.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class RunScriptTests
{
    private const string Dotnet = """
        #!/bin/bash
        echo "$@" >> "$FAKE_LOG"
        cat > /dev/null
        case $1 in
        --version) exit "${FAKE_SDK:-0}" ;;
        build)
            if [[ ${FAKE_BUILD:-0} != 0 ]]; then echo "error CS1002: ; expected"; exit 1; fi
            echo "Build succeeded."
            case $2 in
            */tools/loadgen) program=$FAKE_ROOT/artifacts/bin/KvTcp.LoadGen/release/loadgen ;;
            */tools/fuzz) program=$FAKE_ROOT/artifacts/bin/KvTcp.Fuzz/release/fuzz ;;
            */tools/compare) program=$FAKE_ROOT/artifacts/bin/KvTcp.Compare/release/compare ;;
            *) program=$FAKE_ROOT/artifacts/bin/KvTcp.Cli/release/kvtcp ;;
            esac
            mkdir -p "$(dirname "$program")"
            printf '#!/bin/bash\npwd\ncat\nprintf "<%%s>" "$@"\nexit "${FAKE_EXIT:-0}"\n' > "$program"
            chmod +x "$program" ;;
        format) exit "${FAKE_FORMAT:-0}" ;;
        test)
            mkdir -p "$FAKE_ROOT/artifacts/test-results"
            all="$*"
            results=${all#*LogFileName=}
            results=${results%% *}
            counters=${FAKE_COUNTERS:-}
            if [[ $results == alone.trx ]]; then
                counters=${FAKE_ALONE:-}
            fi
            if [[ -n $counters ]]; then
                echo "${FAKE_RESULT:-}  <Counters $counters />" > "$FAKE_ROOT/artifacts/test-results/$results"
            fi
            exit "${FAKE_TEST:-0}" ;;
        esac
        """;

    private static readonly string[] Tools =
        ["bash", "cat", "dirname", "find", "flock", "grep", "head", "id", "mkdir", "mktemp", "mv", "readlink", "rm", "sed", "touch", "chmod", "printf", "pwd"];

    private TemporaryDirectory _directory = null!;
    private Dictionary<string, string> _environment = null!;

    private string Root => _directory.PathOf("the root");

    private string[] Calls => File.Exists(_directory.PathOf("log")) ? File.ReadAllLines(_directory.PathOf("log")) : [];

    [SetUp]
    public void CreateLayout()
    {
        _directory = new TemporaryDirectory();
        foreach (string path in (string[])["the root/src/KvTcp.Cli", "the root/tools/loadgen", "the root/tools/compare", "the root/tools/fuzz", "the root/data", "bin", "elsewhere"])
        {
            Directory.CreateDirectory(_directory.PathOf(path));
        }

        File.Copy(Repository.PathOf("run.sh"), Path.Combine(Root, "run.sh"));
        foreach (string name in (string[])["global.json", "Directory.Build.props", "Directory.Packages.props", ".editorconfig"])
        {
            File.Copy(Repository.PathOf(name), Path.Combine(Root, name));
        }

        foreach (string tool in Tools)
        {
            string path = ((string[])["/usr/bin/" + tool, "/bin/" + tool]).First(File.Exists);
            File.CreateSymbolicLink(_directory.PathOf("bin/" + tool), path);
        }

        WriteTool("dotnet", Dotnet);
        WriteTool("nc", "#!/bin/bash\necho OpenBSD netcat\n");
        foreach (string tool in (string[])["curl", "telnet", "redis-server", "memcached", "haproxy", "chromium", "mandoc", "zsh", "fish", "faketime", "systemd-analyze", "pgrep", "node", "npm", "promtool", "dpkg"])
        {
            WriteTool(tool, "#!/bin/bash\n");
        }

        _environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = _directory.PathOf("bin"),
            ["FAKE_ROOT"] = Root,
            ["FAKE_LOG"] = _directory.PathOf("log"),
        };
    }

    [TearDown]
    public void RemoveLayout() => _directory.Dispose();

    [Test]
    public async Task Without_argument_it_builds_and_serves_the_example_data()
    {
        ProcessResult result = await RunAsync();
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), "a build that is well says nothing");
        Assert.That(result.Output, Is.EqualTo($"{_directory.PathOf("elsewhere")}\n<serve><--data><{Root}/data/example.data>"));
        Assert.That(Calls, Has.Some.StartsWith("build "));
    }

    [Test]
    public async Task Without_argument_it_serves_the_data_that_the_environment_names()
    {
        _environment["KV_DATA_FILE_PATH"] = "mine.data";
        Assert.That((await RunAsync()).Output, Does.EndWith("\n<serve>"));
    }

    [Test]
    public async Task A_word_goes_to_the_program_with_its_arguments_and_exit_code()
    {
        _environment["FAKE_EXIT"] = "65";
        ProcessResult result = await RunAsync("check", "a file", "*", "");
        Assert.That(result.Output, Is.EqualTo($"{_directory.PathOf("elsewhere")}\n<check><a file><*><>"));
        Assert.That(result.ExitCode, Is.EqualTo(65));
    }

    [Test]
    public async Task Build_with_arguments_goes_to_the_program_and_without_builds_everything()
    {
        ProcessResult snapshot = await RunAsync("build", "some.data", "-o", "some.kvs");
        Assert.That(snapshot.Output, Does.EndWith("\n<build><some.data><-o><some.kvs>"), snapshot.Error);
        Assert.That((await RunAsync("build")).Output, Is.Empty);
        Assert.That(Calls, Has.Some.Contains("KvTcp.sln"));
    }

    [Test]
    public async Task Loadgen_builds_and_runs_the_load_generator()
    {
        ProcessResult result = await RunAsync("loadgen", "--data", "a file");
        Assert.That(result.Output, Is.EqualTo($"{_directory.PathOf("elsewhere")}\n<--data><a file>"), result.Error);
        await RunAsync("loadgen");
        Assert.That(Calls.Count(static call => call.Contains("tools/loadgen", StringComparison.Ordinal)), Is.EqualTo(1), "one build is enough");
        string source = Path.Combine(Root, "tools", "loadgen", "Program.cs");
        await File.WriteAllTextAsync(source, "");
        MakeNewer(source);
        await RunAsync("loadgen");
        Assert.That(Calls.Count(static call => call.Contains("tools/loadgen", StringComparison.Ordinal)), Is.EqualTo(2));
    }

    [Test]
    public async Task Compare_builds_again_when_the_load_generator_has_changed()
    {
        ProcessResult result = await RunAsync("compare", "--quick");
        Assert.That(result.Output, Is.EqualTo($"{_directory.PathOf("elsewhere")}\n<--quick>"), result.Error);
        await RunAsync("compare");
        Assert.That(Calls.Count(static call => call.Contains("tools/compare", StringComparison.Ordinal)), Is.EqualTo(1), "one build is enough");
        string source = Path.Combine(Root, "tools", "loadgen", "Program.cs");
        await File.WriteAllTextAsync(source, "");
        MakeNewer(source);
        await RunAsync("compare");
        Assert.That(Calls.Count(static call => call.Contains("tools/compare", StringComparison.Ordinal)), Is.EqualTo(2));
    }

    [Test]
    public async Task A_build_leaves_standard_input_to_the_program()
    {
        ProcessResult result = await ProcessRun.RunAsync(
            Path.Combine(Root, "run.sh"), ["get"], "a line\n"u8.ToArray(), _directory.PathOf("elsewhere"), _environment);
        Assert.That(result.Output, Does.EndWith("\na line\n<get>"));
    }

    [Test]
    public async Task A_symbolic_link_to_it_works()
    {
        File.CreateSymbolicLink(_directory.PathOf("elsewhere/kv"), "../the root/run.sh");
        ProcessResult result = await ProcessRun.RunAsync("bash", ["-c", "./kv --version"], null, _directory.PathOf("elsewhere"), _environment);
        Assert.That(result.Output, Does.EndWith("\n<--version>"), result.Error);
    }

    [Test]
    public async Task It_builds_again_only_when_a_source_is_newer()
    {
        await RunAsync("check");
        await RunAsync("check");
        Assert.That(Calls.Count(static call => call.StartsWith("build ", StringComparison.Ordinal)), Is.EqualTo(1));
        string source = Path.Combine(Root, "src", "KvTcp.Cli", "Program.cs");
        await File.WriteAllTextAsync(source, "");
        MakeNewer(source);
        await RunAsync("check");
        Assert.That(Calls.Count(static call => call.StartsWith("build ", StringComparison.Ordinal)), Is.EqualTo(2));
        File.Delete(source);
        MakeNewer(Path.GetDirectoryName(source)!);
        await RunAsync("check");
        Assert.That(Calls.Count(static call => call.StartsWith("build ", StringComparison.Ordinal)), Is.EqualTo(3));
    }

    [Test]
    public async Task A_build_that_fails_is_shown_and_ends_with_70()
    {
        _environment["FAKE_BUILD"] = "1";
        ProcessResult result = await RunAsync("check");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((70, "")));
        Assert.That(result.Error, Does.Contain("error CS1002").And.EndsWith("run.sh: the build failed\n"));
        _environment["FAKE_BUILD"] = "0";
        Assert.That((await RunAsync("check")).ExitCode, Is.Zero, "the next run builds again");
    }

    [Test]
    public async Task A_missing_SDK_is_one_line_and_69()
    {
        File.Delete(_directory.PathOf("bin/dotnet"));
        AssertOneLine(await RunAsync("check"), 69, "run.sh: the .NET 10 SDK is missing");
    }

    [Test]
    public async Task A_too_old_SDK_is_one_line_and_69()
    {
        _environment["FAKE_SDK"] = "155";
        AssertOneLine(await RunAsync("check"), 69, "global.json asks for (10.0.100 or newer)");
    }

    [TestCase("total=\"9\" executed=\"7\" passed=\"7\" failed=\"0\" error=\"0\" timeout=\"0\" aborted=\"0\"", "0", "7 passed, 0 failed, 2 skipped", 0)]
    [TestCase("total=\"9\" executed=\"9\" passed=\"7\" failed=\"2\" error=\"0\" timeout=\"0\" aborted=\"0\"", "1", "7 passed, 2 failed, 0 skipped", 1)]
    [TestCase("total=\"9\" executed=\"9\" passed=\"7\" failed=\"2\" error=\"0\" timeout=\"0\" aborted=\"0\"", "0", "7 passed, 2 failed, 0 skipped", 1)]
    [TestCase("total=\"9\" executed=\"9\" passed=\"9\" failed=\"0\" error=\"0\" timeout=\"0\" aborted=\"0\"", "1", "9 passed, 0 failed, 0 skipped", 1)]
    [TestCase("total=\"0\" executed=\"0\" passed=\"0\" failed=\"0\" error=\"0\" timeout=\"0\" aborted=\"0\"", "0", "0 passed, 0 failed, 0 skipped", 1)]
    [TestCase("", "0", "0 passed, 0 failed, 0 skipped", 1)]
    public async Task Test_ends_with_the_counts_and_fails_unless_all_is_well(string counters, string testExitCode, string lastLine, int exitCode)
    {
        _environment["FAKE_COUNTERS"] = counters;
        _environment["FAKE_TEST"] = testExitCode;
        ProcessResult result = await RunAsync("test", "--filter", "Name~a b");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((exitCode, lastLine + "\n")), result.Error);
        Assert.That(Calls[^1], Does.StartWith("test ").And.EndsWith("--filter (Name~a b)&TestCategory=Alone -- NUnit.NumberOfTestWorkers=0"));
        Assert.That(Calls[^2], Does.StartWith("test ").And.Contains("--filter (Name~a b)&TestCategory!=Alone -- "));
        string[] before = [.. Calls.SkipLast(2)];
        Assert.That(before, Has.One.StartsWith("tool install garnet-server "), "a second engine that speaks the protocol of Redis");
        Assert.That(before, Has.One.StartsWith("format ").And.One.Contains("--verify-no-changes"));
    }

    [Test]
    public async Task Test_counts_the_tests_that_run_alone_too()
    {
        _environment["FAKE_COUNTERS"] = "total=\"9\" executed=\"7\" passed=\"7\" failed=\"0\" error=\"0\" timeout=\"0\" aborted=\"0\"";
        _environment["FAKE_ALONE"] = "total=\"3\" executed=\"3\" passed=\"2\" failed=\"1\" error=\"0\" timeout=\"0\" aborted=\"0\"";
        ProcessResult result = await RunAsync("test", "--blame-crash");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "9 passed, 1 failed, 2 skipped\n")), result.Error);
        Assert.That(Calls[^2], Does.Contain("--filter TestCategory!=Alone --blame-crash -- "));
    }

    [Test]
    public async Task Test_names_at_its_end_what_has_failed()
    {
        _environment["FAKE_RESULT"] = """
            <UnitTestResult executionId="1" testName="Good" duration="00:00:00.1" outcome="Passed">
            <UnitTestResult executionId="2" testName="Bad(&quot;a&quot;,&lt;1&gt;)" duration="00:00:00.1" outcome="Failed">

            """;
        _environment["FAKE_COUNTERS"] = "total=\"2\" executed=\"2\" passed=\"1\" failed=\"1\" error=\"0\" timeout=\"0\" aborted=\"0\"";
        ProcessResult result = await RunAsync("test");
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((1, "1 passed, 1 failed, 0 skipped\n")), result.Error);
        Assert.That(result.Error, Does.EndWith("\nfailed: Bad(\"a\",<1>)\n").And.Not.Contain("Good"));
    }

    [TestCase("FAKE_BUILD")]
    [TestCase("FAKE_FORMAT")]
    public async Task Test_that_does_not_get_to_the_tests_fails(string step)
    {
        _environment[step] = "1";
        ProcessResult result = await RunAsync("test");
        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(result.Output, Is.EqualTo("0 passed, 0 failed, 0 skipped\n"));
        Assert.That(Calls, Has.None.StartsWith("test "));
    }

    [TestCase("true", 69)]
    [TestCase("", 0)]
    public async Task Test_without_its_tools_and_off_Debian_says_so_and_fails_in_CI(string ci, int exitCode)
    {
        File.Delete(_directory.PathOf("bin/telnet"));
        _environment["CI"] = ci;
        _environment["FAKE_COUNTERS"] = "total=\"1\" executed=\"1\" passed=\"1\" failed=\"0\" error=\"0\" timeout=\"0\" aborted=\"0\"";
        ProcessResult result = await RunAsync("test");
        Assert.That(result.ExitCode, Is.EqualTo(exitCode));
        Assert.That(result.Error, Does.Contain("the tests need telnet"));
    }

    [Test]
    public async Task Test_installs_missing_tools_with_apt_as_root()
    {
        File.Delete(_directory.PathOf("bin/telnet"));
        File.Delete(_directory.PathOf("bin/nc"));
        File.Delete(_directory.PathOf("bin/curl"));
        File.Delete(_directory.PathOf("bin/promtool"));
        File.Delete(_directory.PathOf("bin/redis-server"));
        File.Delete(_directory.PathOf("bin/memcached"));
        File.Delete(_directory.PathOf("bin/haproxy"));
        File.Delete(_directory.PathOf("bin/chromium"));
        File.Delete(_directory.PathOf("bin/faketime"));
        File.Delete(_directory.PathOf("bin/node"));
        File.Delete(_directory.PathOf("bin/npm"));
        File.Delete(_directory.PathOf("bin/dpkg"));
        File.Delete(_directory.PathOf("bin/id"));
        WriteTool("id", "#!/bin/bash\necho 0\n");
        WriteTool("apt-get", "#!/bin/bash\necho \"apt-get $@\" >> \"$FAKE_LOG\"\n");
        await RunAsync("test");
        Assert.That(
            Calls.Where(static call => call.StartsWith("apt-get", StringComparison.Ordinal)),
            Is.EqualTo(["apt-get update", "apt-get install -y --no-install-recommends netcat-openbsd curl telnet redis-server memcached haproxy chromium faketime nodejs npm prometheus python3-redis"]));
    }

    private static void AssertOneLine(ProcessResult result, int exitCode, string text)
    {
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((exitCode, "")));
        Assert.That(result.Error.TrimEnd('\n'), Does.Contain(text).And.Not.Contains("\n"));
    }

    private static void MakeNewer(string path) => File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(2));

    private Task<ProcessResult> RunAsync(params string[] arguments) =>
        ProcessRun.RunAsync(Path.Combine(Root, "run.sh"), arguments, null, _directory.PathOf("elsewhere"), _environment);

    private void WriteTool(string name, string content)
    {
        string path = _directory.Write("bin/" + name, content.ReplaceLineEndings("\n"));
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }
}
