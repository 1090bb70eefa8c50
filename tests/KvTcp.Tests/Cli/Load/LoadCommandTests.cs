using System.Runtime.Versioning;
using KvTcp.Compare;
using KvTcp.Redis;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

/// <summary><c>kvtcp load</c>, and <c>kvtcp build --from</c> as its reverse.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LoadCommandTests
{
    private const string First = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private const string Second = "6ba7b811-9dad-41d1-80b4-00c04fd430c8";

    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new TemporaryDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public async Task Load_into_a_Cluster_and_build_from_it_give_the_same_dataset_from_text_gzip_and_snapshot()
    {
        RedisCluster cluster = await RedisCluster.SharedAsync();
        string text = await GenerateAsync(20_000);
        string snapshot = _directory.PathOf("some.kvs");
        string gzip = _directory.Write(GzipText.Of(await File.ReadAllBytesAsync(text)));
        string id = NameValueLines.Of((await SucceedAsync("build", text, "-o", snapshot)).Output)["dataset_id"];
        foreach (string source in (string[])[text, gzip, snapshot])
        {
            await RedisCluster.SharedAsync();
            ProcessResult loaded = await SucceedAsync("load", source, "--to", $"{cluster.Url}", "--verify");
            Dictionary<string, string> values = NameValueLines.Of(loaded.Output);
            Assert.That((values["pairs"], values["bad_lines"], values["differences"]), Is.EqualTo(("20000", "0", "0")), source);
            ProcessResult built = await SucceedAsync("build", "--from", $"{cluster.Url}", "-o", _directory.PathOf("again.kvs"));
            Assert.That((NameValueLines.Of(built.Output)["keys"], NameValueLines.Of(built.Output)["dataset_id"]), Is.EqualTo(("20000", id)), source);
        }
    }

    [Test]
    public async Task Load_into_a_Garnet_and_build_from_it_give_the_same_dataset()
    {
        await using RedisNode garnet = await RedisNode.StartGarnetAsync();
        string data = await GenerateAsync(5_000);
        await SucceedAsync("load", data, "--to", $"redis://{garnet.Address}", "--verify");
        ProcessResult built = await SucceedAsync("build", "--from", $"redis://{garnet.Address}", "-o", _directory.PathOf("some.kvs"));
        Assert.That(
            NameValueLines.Of(built.Output)["dataset_id"], Is.EqualTo(NameValueLines.Of((await SucceedAsync("check", data)).Output)["dataset_id"]));
    }

    [Test]
    public async Task Load_keeps_the_last_value_of_a_key_and_verifies_it_as_such()
    {
        RedisCluster cluster = await RedisCluster.SharedAsync();
        string lines = string.Concat(Enumerable.Range(0, 20_000).Select(static number => $"{TestDataset.Key(number % 100)} {number}\n"));
        ProcessResult result = await SucceedAsync("load", _directory.Write("some.data", lines), "--to", $"{cluster.Url}", "--verify");
        Assert.That(NameValueLines.Of(result.Output)["differences"], Is.EqualTo("0"));
        RedisPairs stored = RedisPairs.ToRead(Enumerable.Range(0, 100).Select(TestDataset.Key));
        await using RedisClient client = await RedisClient.ConnectAsync(cluster.Url, new RedisOptions());
        await client.ExecuteAsync(stored);
        Assert.That(stored.Values.Values.Select(static value => int.Parse(value!)), Is.EquivalentTo(Enumerable.Range(19_900, 100)));
    }

    [Test]
    public async Task Load_over_TLS_with_a_password_and_a_database_trusts_only_a_certificate_that_the_system_trusts()
    {
        LoopbackCertificate certificate = LoopbackCertificate.Create(_directory.Root);
        int tlsPort = RedisNode.FreeAddress().Port;
        await using RedisNode node = await RedisNode.StartAsync(
            new RedisUrl { Addresses = [RedisNode.FreeAddress()], Password = "se:cret" },
            "--requirepass", "se:cret", "--tls-port", $"{tlsPort}", "--tls-auth-clients", "no",
            "--tls-cert-file", certificate.CertificatePath, "--tls-key-file", certificate.KeyPath, "--tls-ca-cert-file", certificate.CertificatePath);
        string data = _directory.Write("some.data", $"{First} one\n{Second} two\n");
        string[] arguments = ["load", data, "--verify", "--to", $"rediss://:se%3Acret@127.0.0.1:{tlsPort}/2"];

        (await KvTcpProgram.RunAsync(arguments)).AssertError(69, $"127.0.0.1:{tlsPort} cannot be trusted");
        ProcessResult trusting = await RunAsync(arguments, ("SSL_CERT_FILE", certificate.CertificatePath));
        Assert.That((trusting.ExitCode, trusting.Error), Is.EqualTo((0, "")));
        Assert.That((await node.AskAsync("INFO", "keyspace")).Text, Does.Contain("db2:keys=2"));
    }

    [Test]
    public async Task Password_may_stand_in_the_environment_and_a_wrong_one_is_an_error_that_does_not_show_it()
    {
        await using RedisNode node = await RedisNode.StartAsync(
            new RedisUrl { Addresses = [RedisNode.FreeAddress()], Password = "se:cret" }, "--requirepass", "se:cret");
        string data = _directory.Write("some.data", $"{First} one\n");
        Assert.That((await RunAsync(["load", data, "--to", $"redis://{node.Address}"], ("KVTCP_REDIS_PASSWORD", "se:cret"))).ExitCode, Is.Zero);
        ProcessResult wrong = await KvTcpProgram.RunAsync("load", data, "--to", $"redis://:other@{node.Address}");
        wrong.AssertError(69, $"{node.Address} does not accept the password");
        Assert.That(wrong.Error, Does.Not.Contain("other"));
    }

    [Test]
    public async Task Load_with_a_checkpoint_goes_on_behind_what_is_stored_and_does_not_send_it_again()
    {
        RedisCluster cluster = await RedisCluster.SharedAsync();
        string[] good = [.. Enumerable.Range(0, 5000).Select(static number => $"{TestDataset.Key(number)} {number}\n")];
        string data = _directory.Write("some.data", string.Concat(good[..4000]) + "bad\n" + string.Concat(good[4000..]));
        string checkpoint = _directory.PathOf("progress");
        string[] load = ["load", data, "--to", $"{cluster.Url}", "--checkpoint", checkpoint];

        (await KvTcpProgram.RunAsync(load)).AssertError(65, $"{data}:4001: ", "the pairs before it are stored");
        Assert.That(await File.ReadAllTextAsync(checkpoint), Does.EndWith("position 4000\n"));

        foreach (RedisNode master in cluster.Masters)
        {
            await master.AskAsync("FLUSHALL");
        }

        ProcessResult resumed = await KvTcpProgram.RunAsync([.. load, "--on-bad-line", "skip", "--verify"]);
        Dictionary<string, string> values = NameValueLines.Of(string.Join('\n', resumed.Output.Split('\n')[..4]));
        Assert.That((values["resumed_behind"], values["pairs"]), Is.EqualTo(("4000", "1000")), resumed.Output);
        Assert.That(resumed.ExitCode, Is.EqualTo(1), "what the nodes have lost since is for --verify to find");
        Assert.That(resumed.Output, Does.Contain(": missing\n").And.Match("differences +4000\n"));
        Assert.That(File.Exists(checkpoint), Is.True, "the load is not complete");
    }

    [TestCase("other.data", "", "another file")]
    [TestCase("some.data", "x", "another content")]
    public async Task Checkpoint_of_another_load_is_refused(string name, string more, string reason)
    {
        RedisCluster cluster = await RedisCluster.SharedAsync();
        string data = _directory.Write("some.data", $"{First} one\nbad\n");
        string checkpoint = _directory.PathOf("progress");
        Assert.That((await KvTcpProgram.RunAsync("load", data, "--to", $"{cluster.Url}", "--checkpoint", checkpoint)).ExitCode, Is.EqualTo(65));
        string other = _directory.Write(name, $"{First} one{more}\n");
        (await KvTcpProgram.RunAsync("load", other, "--to", $"{cluster.Url}", "--checkpoint", checkpoint))
            .AssertError(64, $"{checkpoint} is not the checkpoint of this load", "remove it");
        Assert.That(reason, Is.Not.Empty);
    }

    [Test]
    public async Task Load_that_a_signal_ends_notes_how_far_it_is_and_the_next_one_completes_it()
    {
        RedisCluster cluster = await RedisCluster.SharedAsync();
        string data = await GenerateAsync(400_000);
        string checkpoint = _directory.PathOf("progress");
        string[] load = ["load", data, "--to", $"{cluster.Url}", "--checkpoint", checkpoint];
        using (ProcessRun run = ProcessRun.Start(KvTcpProgram.Path, load))
        {
            await Patience.UntilAsync(async () => (await cluster.Masters[0].AskAsync("DBSIZE")).Number > 5000, "some pairs are stored");
            run.Signal(15);
            ProcessResult ended = await run.EndAsync();
            Assert.That((ended.ExitCode, ended.Error), Is.EqualTo((143, "")));
        }

        ProcessResult rest = await SucceedAsync([.. load, "--verify"]);
        Dictionary<string, string> values = NameValueLines.Of(rest.Output);
        Assert.That(long.Parse(values["resumed_behind"]), Is.Positive.And.EqualTo(400_000 - long.Parse(values["pairs"])));
        Assert.That(File.Exists(checkpoint), Is.False, "the load is complete");
    }

    [Test]
    public async Task Load_survives_the_death_of_a_master_and_a_second_one_mends_what_that_has_lost()
    {
        await using RedisCluster cluster = await RedisCluster.StartAsync(hasReplicas: true);
        string data = await GenerateAsync(400_000);
        using ProcessRun run = ProcessRun.Start(KvTcpProgram.Path, ["load", data, "--to", $"{cluster.Url}"]);
        await Patience.UntilAsync(async () => (await cluster.Masters[2].AskAsync("DBSIZE")).Number > 5000, "some pairs are stored");
        await cluster.Masters[2].KillAsync();
        ProcessResult result = await run.EndAsync();
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        await SucceedAsync("load", data, "--to", $"{cluster.Url}", "--verify");
    }

    [TestCase("$5\r\nother\r\n", "another value")]
    [TestCase("$-1\r\n", "missing")]
    [TestCase("-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", "another value")]
    public async Task Verify_tells_of_pairs_that_are_not_stored_as_they_stand_in_the_data(string reply, string difference)
    {
        await using ScriptedRedis node = new((_, command) => command[0] switch
        {
            "CLUSTER" => ScriptedRedis.NoCluster,
            "GET" when string.Equals(command[1], Second, StringComparison.Ordinal) => reply,
            "GET" => RespText.Bulk("one"),
            _ => "+OK\r\n",
        });
        string data = _directory.Write("some.data", $"{First} one\n{Second} two\n");
        ProcessResult result = await KvTcpProgram.RunAsync("load", data, "--to", $"{node.Url}", "--verify");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((1, "")));
        Assert.That(result.Output, Does.Contain($"{Second}: {difference}\n").And.Match("differences +1\n"));
    }

    [Test]
    public async Task Load_into_a_node_without_memory_ends_with_69_and_its_reason()
    {
        await using RedisNode node = await RedisNode.StartAsync("--maxmemory", "1mb");
        (await KvTcpProgram.RunAsync("load", await GenerateAsync(5000), "--to", $"redis://{node.Address}"))
            .AssertError(69, $"{node.Address} has answered OOM command not allowed");
    }

    [Test]
    public async Task Load_whose_node_does_not_come_back_ends_with_69_after_the_time_that_it_is_given()
    {
        int stored = 0;
        await using ScriptedRedis node = new((_, command) => command[0] is "CLUSTER"
            ? ScriptedRedis.NoCluster
            : Interlocked.Increment(ref stored) < 2500 ? "+OK\r\n" : ScriptedRedis.Cut);
        (await KvTcpProgram.RunAsync("load", await GenerateAsync(5000), "--to", $"{node.Url}", "--retry-for", "300ms"))
            .AssertError(69, $"{node.Address}", "given up after");
    }

    [TestCase("load none.data --to redis://127.0.0.1:1", 66, "none.data does not exist")]
    [TestCase("load some.data --to redis://127.0.0.1:1", 69, "127.0.0.1:1 cannot be connected to")]
    [TestCase("load some.data --to http://127.0.0.1:1", 64, "--to: it does not begin with redis://")]
    [TestCase("load some.data", 64, "--to")]
    [TestCase("load - --verify --to redis://127.0.0.1:1", 64, "standard input can be read only once")]
    [TestCase("load some.data --retry-for soon --to redis://127.0.0.1:1", 64, "--retry-for: 'soon'")]
    [TestCase("build -o some.kvs", 64, "nothing to build from")]
    [TestCase("build some.data --from redis://127.0.0.1:1 -o some.kvs", 64, "not of both")]
    [TestCase("build --from redis://127.0.0.1:1 -o some.kvs", 69, "127.0.0.1:1 cannot be connected to")]
    [TestCase("build --from 127.0.0.1:1 -o some.kvs", 64, "--from: it does not begin with redis://")]
    public async Task Wrong_usage_is_one_line_that_says_what_is_wrong(string arguments, int exitCode, string words)
    {
        _directory.Write("some.data", $"{First} one\n");
        (await ProcessRun.RunAsync(KvTcpProgram.Path, arguments.Split(' '), directory: _directory.Root)).AssertError(exitCode, words);
        Assert.That(Directory.GetFiles(_directory.Root), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Load_reads_standard_input()
    {
        RedisCluster cluster = await RedisCluster.SharedAsync();
        ProcessResult result = await KvTcpProgram.RunWithInputAsync($"{First} one\n{Second} two\n", "load", "-", "--to", $"{cluster.Url}");
        Assert.That((result.ExitCode, NameValueLines.Of(result.Output)["pairs"]), Is.EqualTo((0, "2")), result.Error);
    }

    [Test]
    public async Task Build_from_a_Redis_counts_what_is_no_pair()
    {
        RedisCluster cluster = await RedisCluster.SharedAsync();
        await SucceedAsync("load", await GenerateAsync(1000), "--to", $"{cluster.Url}");
        string list = Enumerable.Range(0, 1000).Select(static number => $"{TestDataset.Missing(number)}").First(key => Owner(cluster, key) == 0);
        string broken = Enumerable.Range(0, 1000).Select(static number => $"{TestDataset.Missing(number)}").First(key => Owner(cluster, key) == 1);
        await cluster.Masters[0].AskAsync("RPUSH", list, "x");
        await cluster.Masters[1].AskAsync("SET", broken, "two\nlines");
        await cluster.Masters[2].AskAsync("SET", "foo", "bar");
        string snapshot = _directory.PathOf("some.kvs");
        string[] build = ["build", "--from", $"{cluster.Url}", "-o", snapshot];

        (await KvTcpProgram.RunAsync(build)).AssertError(65, $"{cluster.Url}, {broken}: LF inside the value", "--on-bad-line");
        Assert.That(File.Exists(snapshot), Is.False);
        Dictionary<string, string> values = NameValueLines.Of((await SucceedAsync([.. build, "--on-bad-line", "skip"])).Output);
        Assert.That(
            (values["keys"], values["other_keys"], values["other_types"], values["bad_pairs"], values["pairs"]),
            Is.EqualTo(("1003", "1", "1", "1", "1000")));
    }

    private static int Owner(RedisCluster cluster, string key) =>
        cluster.FirstOwner(KvTcp.Redis.Cluster.KeySlot.Of(System.Text.Encoding.ASCII.GetBytes(key)));

    private static Task<ProcessResult> RunAsync(string[] arguments, (string Name, string Value) variable) => ProcessRun.RunAsync(
        KvTcpProgram.Path, arguments, environment: new Dictionary<string, string>(StringComparer.Ordinal) { [variable.Name] = variable.Value });

    private static async Task<ProcessResult> SucceedAsync(params string[] arguments)
    {
        ProcessResult result = await KvTcpProgram.RunAsync(arguments);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")), string.Join(' ', arguments));
        return result;
    }

    private async Task<string> GenerateAsync(int count)
    {
        string path = _directory.PathOf("generated.data");
        await SucceedAsync("generate", "--count", $"{count}", "-o", path);
        return path;
    }
}
