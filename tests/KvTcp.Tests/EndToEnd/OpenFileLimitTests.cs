using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>A server that may open few files. What it does while nothing happens is measured, so nothing runs beside it.</summary>
[Alone]
public class OpenFileLimitTests(TransportKind transport) : EveryTransport(transport)
{
    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new TemporaryDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public async Task Server_admits_as_many_connections_as_it_may_open_files_and_recovers()
    {
        const int Files = OpenFileLimit.Least;
        using ProcessRun server = Serve(Files);
        string warning = await server.WaitForErrorLineAsync("The limit of open files allows");
        Assert.That(warning, Does.Contain("connections, not 10000"));
        IPEndPoint endPoint = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));
        using LineClient first = await LineClient.ConnectAsync(endPoint);
        Assert.That(await first.AskAsync("PING"), Is.EqualTo("OK PONG"));

        List<LineClient> others = [];
        for (int i = 0; i < 2 * Files; i++)
        {
            others.Add(await LineClient.ConnectAsync(endPoint));
        }

        Assert.That(await others[^1].ReadLineAsync(), Does.StartWith("ERR BUSY"));
        Assert.That(await first.AskAsync("PING"), Is.EqualTo("OK PONG"), "a connection of before goes on");
        Assert.That(LeastOfASecond(server, others[0]), Is.LessThan(TimeSpan.FromSeconds(0.5)), "the server does not spin, which would take all of every second");
        others.ForEach(static client => client.Dispose());
        Stopwatch watch = Stopwatch.StartNew();
        await Patience.UntilAsync(
            async () =>
            {
                using LineClient client = await LineClient.ConnectAsync(endPoint);
                await client.SendAsync("PING\n");
                return await client.ReadLineAsync() is "OK PONG";
            },
            "new connections are admitted again");
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
    }

    [TestCase(100)]
    [TestCase(101)]
    [TestCase(OpenFileLimit.Least - 1)]
    public async Task Server_that_may_open_too_few_files_ends_with_74_and_says_how_many_it_needs(int files)
    {
        using ProcessRun server = Serve(files, "--log-level", "none");
        (await server.EndAsync()).AssertError(74, $"only {files} open files are allowed (`ulimit -n`, LimitNOFILE=), and a server needs 256");
    }

    [Test]
    public async Task Http_with_many_files_leaves_the_line_protocol_all_that_it_wants()
    {
        using ProcessRun server = Serve(2000, "--http", "127.0.0.1:0", "--max-connections", "900");
        await KvTcpProgram.AddressAsync(server);
        server.Signal(15);
        ProcessResult result = await server.EndAsync();
        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(result.Error, Does.Contain("Listening on").And.Not.Contain("limit of open files"));
    }

    [Test]
    public async Task Http_leaves_files_to_the_line_protocol_and_to_the_server_itself()
    {
        const int Files = 300;
        using ProcessRun server = Serve(Files, "--http", "127.0.0.1:0");
        IPEndPoint http = IPEndPoint.Parse(await KvTcpProgram.HttpAddressAsync(server));
        IPEndPoint line = IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server));
        List<TcpClient> clients = [];
        for (int i = 0; i < 2 * Files; i++)
        {
            TcpClient client = new();
            clients.Add(client);
            try
            {
                await client.ConnectAsync(http);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
            {
                // It was refused before it knew that it was connected.
            }
        }

        string warning = await server.WaitForErrorLineAsync("HTTP connections refused");
        Assert.That(warning, Does.Contain("the last from 127.0.0.1:"));
        using LineClient first = await LineClient.ConnectAsync(line);
        Assert.That(await first.AskAsync("PING"), Is.EqualTo("OK PONG"), "HTTP may not take the connections of the line protocol");
        Assert.That(int.Parse((await first.StatsAsync())["connections_open"]), Is.EqualTo(1));
        clients.ForEach(static client => client.Dispose());
        await Patience.UntilAsync(
            async () =>
            {
                using HttpClient client = new();
                try
                {
                    return (await client.GetStringAsync(new Uri($"http://{http}/health/ready"))).Contains("ready", StringComparison.Ordinal);
                }
                catch (HttpRequestException)
                {
                    // Those who have gone are not all gone yet.
                    return false;
                }
            },
            "HTTP goes on");
    }

    /// <summary>Starts a server that may open so many files.</summary>
    private ProcessRun Serve(int files, params string[] options)
    {
        string data = _directory.Write("a.data", $"{TestDataset.Key(0)} value\n");
        return ProcessRun.Start(
            "bash",
            [
                "-c", $"ulimit -n {files}; exec \"$0\" \"$@\"", KvTcpProgram.Path,
                "serve", "--listen", "127.0.0.1:0", "--transport", TransportName, "--data", data, .. options,
            ]);
    }

    /// <summary>The least processor time that a server takes in a second in which nothing happens; in the first it may still compile what it has just run.</summary>
    private static TimeSpan LeastOfASecond(ProcessRun server, LineClient silent)
    {
        TimeSpan least = TimeSpan.MaxValue;
        for (int round = 0; round < 4; round++)
        {
            TimeSpan before = server.ProcessorTime();
            Assert.That(silent.Socket.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectRead), Is.False, "nothing happens");
            TimeSpan taken = server.ProcessorTime() - before;
            least = taken < least ? taken : least;
        }

        return least;
    }
}
