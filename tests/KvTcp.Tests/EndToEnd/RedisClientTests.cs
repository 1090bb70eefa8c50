using System.Net;
using System.Runtime.Versioning;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>The programs and libraries that people use with Redis, with their default settings: docs/redis.md.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
[UnsupportedOSPlatform("windows")]
public class RedisClientTests
{
    private const string RedisCli = "/usr/bin/redis-cli";
    private const string RedisBenchmark = "/usr/bin/redis-benchmark";

    private static string Key(int number) => TestDataset.Key(number).ToString();

    private static string Missing => TestDataset.Missing(0).ToString();

    [Test]
    public async Task Redis_cli_shows_values_misses_and_errors()
    {
        await using RunningServer server = await StartAsync();

        Assert.That(await CliAsync(server, "get", Key(0)), Is.EqualTo("first\n"));
        Assert.That(await CliAsync(server, "get", "user:1"), Is.EqualTo("\n"));
        Assert.That(await CliAsync(server, "-3", "mget", Key(0), Missing, Key(1)), Is.EqualTo("first\n\nsecond\n"));
        Assert.That(await CliAsync(server, "exists", Key(0), Key(1), Missing), Is.EqualTo("2\n"));
        Assert.That(await CliAsync(server, "set", Key(0), "x"), Is.EqualTo("READONLY You can't write against a read only replica.\n\n"));
        Assert.That(await CliAsync(server, "dbsize"), Is.EqualTo("3\n"));
        Assert.That(await CliAsync(server, "info", "keyspace"), Does.Contain("db0:keys=3"));
    }

    [Test]
    public async Task Redis_cli_scans_all_keys()
    {
        await using RunningServer server = await RunningServer.StartAsync(data: TestDataset.WithLengths(Enumerable.Repeat(5, 2_000)));

        string[] keys = (await CliAsync(server, "--scan")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.That(keys, Is.EquivalentTo(Enumerable.Range(0, 2_000).Select(Key)));
    }

    /// <remarks>Without a size of its terminal redis-cli asks the terminal for it, and waits for the answer.</remarks>
    [Test]
    public async Task Redis_cli_in_a_terminal_knows_the_commands_by_heart()
    {
        await using RunningServer server = await StartAsync();
        using TerminalProgram cli = TerminalProgram.Start("/usr/bin/script", "-qec", $"stty cols 120 rows 40; {RedisCli} -p {Port(server)}", "/dev/null");
        await cli.WaitForAsync($"127.0.0.1:{Port(server)}> ");
        await cli.TypeAsync("help strlen\r");
        await cli.WaitForAsync("The length of a value in bytes.");
        await cli.TypeAsync($"get {Key(1)}\r");
        await cli.WaitForAsync("\"second\"");
        await cli.TypeAsync("hello 3\r");
        await cli.WaitForAsync("\"proto\" => (integer) 3");
        await cli.TypeAsync("get nothing\r");
        await cli.WaitForAsync("(nil)");
        await cli.TypeAsync("quit\r");
        await cli.WaitForEndAsync();
    }

    [TestCase("-P", "1")]
    [TestCase("-P", "16")]
    [TestCase("-P", "16", "--threads", "2")]
    [TestCase("-P", "4", "-3")]
    public async Task Redis_benchmark_runs_without_a_word_of_complaint(params string[] options)
    {
        await using RunningServer server = await StartAsync();

        ProcessResult result = await ProcessRun.RunAsync(
            RedisBenchmark, ["-p", Port(server), "-t", "get", "-n", "20000", "-q", .. options]);

        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Error, Is.Empty);
        Assert.That(result.Output, Does.Contain("GET: ").And.Contain("requests per second").And.Not.Contain("WARNING").And.Not.Contain("rror"));
        Assert.That(long.Parse((await server.StatsAsync())["requests"]), Is.GreaterThanOrEqualTo(20_000));
    }

    [Test]
    public async Task Python_redis_reads_in_both_versions_of_the_protocol()
    {
        await using RunningServer server = await StartAsync();
        string script = $"""
            import redis
            client = redis.Redis(port={Port(server)}, decode_responses=True)
            print(client.ping(), client.get("{Key(0)}"), client.get("{Missing}"), client.mget("{Key(1)}", "x"), client.exists("{Key(0)}"))
            pipe = client.pipeline(transaction=False)
            [pipe.get("{Key(0)}") for _ in range(1000)]
            print(set(pipe.execute()), len(list(client.scan_iter())), client.info()["db0"]["keys"], client.type("{Key(0)}"), client.ttl("{Key(0)}"))
            try:
                client.set("a", "b")
            except redis.exceptions.ReadOnlyError as error:
                print("read only:", error)
            """;

        string output = await RunAsync("/usr/bin/python3", "-c", script);

        Assert.That(output, Is.EqualTo("""
            True first None ['second', None] 1
            {'first'} 3 3 string -1
            read only: You can't write against a read only replica.

            """));
    }

    [TestCase("2")]
    [TestCase("3")]
    public async Task Node_redis_reads_in_both_versions_of_the_protocol(string version)
    {
        await using RunningServer server = await StartAsync();

        string output = await RunNodeAsync($$"""
            const { createClient } = require("redis");
            (async () => {
              const client = await createClient({ url: "redis://127.0.0.1:{{Port(server)}}", RESP: {{version}} }).connect();
              console.log(await client.get("{{Key(0)}}"), await client.get("x"), JSON.stringify(await client.mGet(["{{Key(1)}}", "x"])));
              console.log(new Set(await Promise.all(Array.from({ length: 1000 }, () => client.get("{{Key(0)}}")))));
              let count = 0;
              for await (const keys of client.scanIterator()) count += keys.length;
              console.log(count, await client.dbSize());
              await client.set("a", "b").catch(error => console.log(error.message));
              await client.close();
            })();
            """);

        Assert.That(output, Is.EqualTo("""
            first null ["second",null]
            Set(1) { 'first' }
            3 3
            READONLY You can't write against a read only replica.

            """));
    }

    [Test]
    public async Task Ioredis_reads()
    {
        await using RunningServer server = await StartAsync();

        string output = await RunNodeAsync($$"""
            const Redis = require("ioredis");
            (async () => {
              const client = new Redis({{Port(server)}});
              console.log(await client.get("{{Key(0)}}"), await client.get("x"), JSON.stringify(await client.mget("{{Key(1)}}", "x")));
              const replies = await client.pipeline(Array.from({ length: 1000 }, () => ["get", "{{Key(0)}}"])).exec();
              console.log(new Set(replies.map(([error, value]) => error ?? value)));
              await client.set("a", "b").catch(error => console.log(error.message));
              console.log(await client.quit());
            })();
            """);

        Assert.That(output, Is.EqualTo("""
            first null ["second",null]
            Set(1) { 'first' }
            READONLY You can't write against a read only replica.
            OK

            """));
    }

    private static Task<RunningServer> StartAsync() => RunningServer.StartAsync(data: TestDataset.WithValues("first", "second", ""));

    private static string Port(RunningServer server) => $"{((IPEndPoint)server.EndPoint).Port}";

    private static Task<string> CliAsync(RunningServer server, params string[] arguments) =>
        RunAsync(RedisCli, ["-p", Port(server), .. arguments]);

    // `./run.sh test` installs the libraries there.
    private static Task<string> RunNodeAsync(string script) => RunAsync(
        "/usr/bin/env", [$"NODE_PATH={Repository.PathOf("artifacts/node-clients/node_modules")}", "node", "-e", script]);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        ProcessResult result = await ProcessRun.RunAsync(program, arguments);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        return result.Output;
    }
}
