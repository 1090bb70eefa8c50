using System.Net;
using KvTcp.Redis;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

/// <summary><c>kvtcp serve</c> in front of an engine, as a process.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class EngineServeTests
{
    [Test]
    public async Task Serve_answers_from_an_engine_and_ends_with_0()
    {
        await using RedisNode node = await RedisNode.StartAsync();
        await FrontDoor.FillAsync(new RedisUrl { Addresses = [node.Address] }, [TestDataset.Key(0)]);
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", $"redis://{node.Address}", "--cache-size", "1MiB");
        using (server)
        {
            await Patience.UntilAsync(
                async () => (await KvTcpProgram.RunAsync("get", $"{TestDataset.Key(0)}", "--server", address)).Output.Equals($"{TestDataset.Key(0)}\n", StringComparison.Ordinal),
                "the engine is ready");
            server.Signal(1);
            await server.WaitForErrorLineAsync("Ignored SIGHUP: the server answers from an engine");
            server.Signal(15);
            ProcessResult result = await server.EndAsync();
            Assert.That((result.ExitCode, result.Output), Is.EqualTo((0, "")), result.Error);
            Assert.That(result.Error, Does.Contain($"The engine at redis://{node.Address} is ready; nodes: 1, keys: 1"));
        }
    }

    [Test]
    public async Task Serve_listens_before_its_engine_is_there_and_never_shows_the_password()
    {
        RedisAddress nowhere = RedisNode.FreeAddress();
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", $"redis://me:secret-word@{nowhere}");
        using (server)
        {
            ProcessResult get = await KvTcpProgram.RunAsync("get", $"{TestDataset.Key(0)}", "--server", address);
            get.AssertError(69, "the engine has not been reached yet");
            server.Signal(15);
            ProcessResult result = await server.EndAsync();
            Assert.That(result.ExitCode, Is.Zero, result.Error);
            Assert.That(
                result.Error,
                Does.Contain($"The engine at redis://{nowhere} is not ready: {nowhere} cannot be connected to").And.Not.Contain("secret-word"));
        }
    }

    [Test]
    public async Task Certificate_and_token_of_a_front_door_follow_their_files_and_SIGHUP()
    {
        using TemporaryDirectory directory = new();
        using TestAuthority authority = new();
        ServerFiles files = new ServerFiles(directory, authority).Write("first");
        string token = directory.Write("token", "one\n");
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync(
            "--data", $"redis://{RedisNode.FreeAddress()}", "--tls-cert", files.Certificate, "--tls-key", files.Key, "--auth-token-file", token);
        using (server)
        {
            server.Signal(1);
            await server.WaitForErrorLineAsync("it is the same");
            files.Write("second");
            await server.WaitForErrorLineAsync("CN=second");
            directory.Write("token", "two\n");
            server.Signal(1);
            await server.WaitForErrorLineAsync("Loaded the token");
            using TlsClient client = await TlsClient.ConnectAsync(IPEndPoint.Parse(address), authority);
            Assert.That((client.ServerName, await client.AskAsync("AUTH one"), await client.AskAsync("AUTH two")), Is.EqualTo(
                ("second", "ERR WRONGPASS the token is wrong", "OK")));
            server.Signal(15);
            ProcessResult result = await server.EndAsync();
            Assert.That(result.ExitCode, Is.Zero, result.Error);
            Assert.That(result.Error, Does.Not.Contain("Ignored SIGHUP"));
        }
    }

    [TestCase("--data: 'x:...' is no host:port", "--data", "redis://x:y", Description = "no address")]
    [TestCase("redis://... is the only --data", "--data", "redis://localhost", "--data", "some.data", Description = "an engine and a file")]
    [TestCase("--cache-size is of use only with redis://", "--data", "some.data", "--cache-size", "1MiB", Description = "a cache of a dataset")]
    [TestCase("--read-from is of use only with redis://", "--data", "some.data", "--read-from", "replica", Description = "replicas of a dataset")]
    [TestCase("--watch is of use only with a file", "--data", "redis://localhost", "--watch", "1s", Description = "nothing to watch")]
    public async Task Serve_refuses_what_makes_no_sense(string error, params string[] arguments)
    {
        ProcessResult result = await KvTcpProgram.RunAsync(["serve", .. arguments]);
        result.AssertError(64, error);
    }
}
