using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Command;

public sealed class LoadGenCommandTests
{
    private TemporaryDirectory _directory = null!;
    private string _data = null!;

    [OneTimeSetUp]
    public async Task GenerateData()
    {
        _directory = new TemporaryDirectory();
        _data = _directory.PathOf("some.data");
        await KvTcpProgram.RunAsync("generate", "--count", "1000", "-o", _data);
    }

    [OneTimeTearDown]
    public void RemoveData() => _directory.Dispose();

    [TestCase("", "Option '--data' is required")]
    [TestCase("--data x --foo 1", "'--foo' is not an option of loadgen; see `loadgen --help`")]
    [TestCase("--data x --server nowhere", "--server: 'nowhere'")]
    [TestCase("--data x --protocol grpc", "--protocol: 'grpc' is not one of line, resp, memcached, http")]
    [TestCase("--data x --connections 0", "--connections: '0' is not a whole number from 1 to 100000")]
    [TestCase("--data x --connections 100001", "--connections: '100001'")]
    [TestCase("--data x --depth 16385", "--depth: '16385' is not a whole number from 1 to 16384")]
    [TestCase("--data x --threads 1025", "--threads: '1025'")]
    [TestCase("--data x --count 0", "--count: '0'")]
    [TestCase("--data x --count 5 --duration 5s", "--count and --duration")]
    [TestCase("--data x --duration 9ms", "--duration: '9ms'")]
    [TestCase("--data x --rate 0", "--rate: '0' is not a number from 0.1 to 100000000")]
    [TestCase("--data x --misses 1.1", "--misses: '1.1' is not a number from 0 to 1")]
    [TestCase("--data x --zipf 11", "--zipf: '11'")]
    [TestCase("--data x --mget 1772", "--mget: '1772' is not a whole number from 1 to 1771")]
    [TestCase("--data x --mget 2 --protocol http", "--mget does not go with --protocol http")]
    [TestCase("--data x --http-path /get", "--http-path: '/get' is not a path that starts with / and has {key} once")]
    [TestCase("--data x --http-path get/{key}", "--http-path: 'get/{key}'")]
    [TestCase("--data x --http-path /{key}/{key}", "--http-path: '/{key}/{key}'")]
    [TestCase("--data x --timeout 9ms", "--timeout: '9ms'")]
    public async Task RunAsync_of_a_wrong_command_line_reports_one_line_and_exit_code_64(string line, string message)
    {
        using StringWriter error = new();
        int exitCode = await LoadGenCommand.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), error);
        new ProcessResult(exitCode, [], error.ToString()).AssertErrorOf("loadgen", 64, message);
    }

    [Test]
    public async Task A_run_prints_what_it_measured_and_ends_with_0()
    {
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", _data);
        using ProcessRun running = server;
        ProcessResult result = await LoadGenProgram.RunAsync(
            "--data", _data, "--server", address, "-n", "2000", "-c", "4", "-P", "8", "-t", "2", "--warm-up", "0", "--mget", "2", "--verify");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output, Does.Contain("2,000").And.Contains("4,000").And.Contains("p99.99").And.Contains("verified"));
    }

    [Test]
    public async Task A_data_file_that_does_not_match_the_server_ends_with_65_and_names_a_key()
    {
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", _data);
        using ProcessRun running = server;
        string[] lines = await File.ReadAllLinesAsync(_data);
        string key = lines[0][..36];
        string other = _directory.Write("other.data", $"{key} another value\n");
        ProcessResult result = await LoadGenProgram.RunAsync("--data", other, "--server", address, "-n", "10", "--warm-up", "0", "--verify");
        result.AssertErrorOf("loadgen", 65, "10 replies are not what the data file says", $"key {key}: expected 'another value', got '{lines[0][37..]}'");
    }

    [Test]
    public async Task A_server_that_answers_with_errors_only_ends_with_65()
    {
        using StubServer server = StubServer.OfLines(static (_, _) => "ERR NOAUTH authenticate first\n");
        ProcessResult result = await LoadGenProgram.RunAsync("--data", _data, "--server", $"{server.EndPoint}", "-n", "10", "--warm-up", "0");
        result.AssertErrorOf("loadgen", 65, "10 requests were answered with an error; ERR NOAUTH authenticate first");
    }

    [Test]
    public async Task A_server_of_another_protocol_ends_with_69_and_shows_what_it_said()
    {
        using StubServer server = StubServer.OfLines(static (_, _) => "-ERR unknown command\r\n");
        ProcessResult result = await LoadGenProgram.RunAsync("--data", _data, "--server", $"{server.EndPoint}", "-n", "10", "-c", "2", "--warm-up", "0");
        result.AssertErrorOf("loadgen", 69, "no request was answered", "-ERR unknown command", "--protocol");
    }

    [Test]
    public async Task A_server_that_is_not_there_ends_with_69()
    {
        // Port 1 of the loopback address is one that nothing listens on.
        ProcessResult result = await LoadGenProgram.RunAsync("--data", _data, "--server", "127.0.0.1:1");
        result.AssertErrorOf("loadgen", 69, "cannot connect to 127.0.0.1:1: Connection refused", "--server");
    }

    [Test]
    public async Task A_host_name_is_the_address_that_the_server_answers_at()
    {
        // localhost is ::1 too, where this server does not listen.
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", _data);
        using ProcessRun running = server;
        string name = address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        ProcessResult result = await LoadGenProgram.RunAsync("--data", _data, "--server", name, "-n", "10", "--warm-up", "0");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
    }

    [Test]
    public async Task A_host_that_does_not_exist_ends_with_69()
    {
        ProcessResult result = await LoadGenProgram.RunAsync("--data", _data, "--server", "no-such-host.invalid:7878");
        result.AssertErrorOf("loadgen", 69, "cannot connect to no-such-host.invalid:7878", "--server");
    }

    [TestCase("none.data", 66)]
    [TestCase("bad.data", 65)]
    public async Task A_data_file_that_cannot_be_used_is_told(string name, int exitCode)
    {
        _directory.Write("bad.data", "nonsense\n");
        ProcessResult result = await LoadGenProgram.RunAsync("--data", _directory.PathOf(name));
        result.AssertErrorOf("loadgen", exitCode, name);
    }

    [Test]
    public async Task A_signal_ends_the_run_with_the_figures_so_far()
    {
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", _data);
        using ProcessRun running = server;
        using LineClient client = await LineClient.ConnectAsync(System.Net.IPEndPoint.Parse(address));
        using ProcessRun generator = ProcessRun.Start(
            LoadGenProgram.Path, ["--data", _data, "--server", address, "--duration", "1h", "--warm-up", "0"]);
        await Patience.UntilAsync(async () => long.Parse((await client.StatsAsync())["key_hits"]) > 200, "the run is under way");
        generator.Signal(2);
        ProcessResult result = await generator.EndAsync();
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((130, "")));
        Assert.That(result.Output, Does.Contain("hits"));
    }

    [Test]
    public async Task Help_has_examples_and_every_option_a_description()
    {
        ProcessResult result = await LoadGenProgram.RunAsync("--help");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Output, Does.Contain("Examples:\n  loadgen --data"));
        Assert.That(LoadGenCommand.Create().Options.Select(static option => option.Description), Has.None.Empty);
    }

    [Test]
    public async Task Version_is_name_and_number() =>
        Assert.That((await LoadGenProgram.RunAsync("--version")).Output, Does.Match(@"^loadgen \d+\.\d+\.\d+\n$"));

    [Test]
    public void Every_option_has_its_row_in_the_document_and_every_row_an_option()
    {
        IEnumerable<string> documented = Repository.ReadText("docs/loadgen.md").Split('\n')
            .Where(static line => line.StartsWith("| `--", StringComparison.Ordinal)).Select(static line => line.Split('`', ' ', ',')[2]);
        IEnumerable<string> options = LoadGenCommand.Create().Options.Select(static option => option.Name);
        Assert.That(documented, Is.EquivalentTo(options.Except(["--help", "--version", "--verbose"], StringComparer.Ordinal)));
    }

    [Test]
    public void Verification_does_not_use_what_it_verifies()
    {
        string assembly = typeof(LoadGenCommand).Assembly.Location;
        Assert.That(AssemblyReferences.Read(assembly).Assemblies, Has.None.EqualTo("KvTcp.Store").And.None.EqualTo("KvTcp.Server"));
    }
}
