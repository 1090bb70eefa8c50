using System.Net;
using System.Net.Sockets;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Servers that are given their listening sockets, as systemd does it.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SocketActivationTests : IDisposable
{
    private const string Key = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";

    /// <summary>
    /// Opens a socket for TCP, one for HTTP and one at a path, tells their addresses, and runs the server whose arguments it gets each time it reads a line; between two
    /// servers the sockets stay open. {0} to {2} in the arguments are the addresses.
    /// </summary>
    private const string Manager = """
        import os, socket, sys
        tcp, http, unix = socket.socket(), socket.socket(), socket.socket(socket.AF_UNIX)
        tcp.bind(("127.0.0.1", 0)); http.bind(("127.0.0.1", 0)); unix.bind("k.sock")
        names = ["127.0.0.1:%d" % tcp.getsockname()[1], "127.0.0.1:%d" % http.getsockname()[1], "unix:k.sock"]
        files = [os.dup(s.fileno()) for s in (tcp, http, unix)]
        for s in (tcp, http, unix): s.listen(64)
        print(" ".join(names), flush=True)
        for line in sys.stdin:
            child = os.fork()
            if child == 0:
                for i, file in enumerate(files): os.dup2(file, 100 + i)
                for i in range(3): os.dup2(100 + i, 3 + i)
                for i in range(3): os.set_inheritable(3 + i, True)
                os.closerange(6, 200)
                os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"] = str(os.getpid()), "3"
                os.execv(sys.argv[1], [argument.format(*names) for argument in sys.argv[1:]])
            print(child, flush=True)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        """;

    /// <summary>Becomes the program whose arguments it gets, with one descriptor of a kind and the number of descriptors that it is to believe in.</summary>
    private const string BadManager = """
        import os, socket, sys
        def bound(kind):
            s = socket.socket(socket.AF_INET, kind); s.bind(("127.0.0.1", 0)); return s
        def listening():
            s = bound(socket.SOCK_STREAM); s.listen(1); return s
        kinds = {
            "file": lambda: os.open("some.data", os.O_RDONLY),
            "directory": lambda: os.open(".", os.O_RDONLY),
            "pipe": lambda: os.pipe()[0],
            "datagram": lambda: bound(socket.SOCK_DGRAM).detach(),
            "bound": lambda: bound(socket.SOCK_STREAM).detach(),
            "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).detach(),
            "listening": lambda: listening().detach(),
        }
        os.closerange(3, 200)
        if sys.argv[1] in kinds:
            os.dup2(kinds[sys.argv[1]](), 100); os.dup2(100, 3); os.set_inheritable(3, True); os.closerange(4, 200)
        os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"] = str(os.getpid()), sys.argv[2]
        os.execv(sys.argv[3], sys.argv[3:])
        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [TestCase("sockets")]
    [TestCase("epoll")]
    [TestCase("auto")]
    public async Task Server_answers_at_the_sockets_that_it_is_given_and_leaves_them_to_the_next_one(string transport)
    {
        (ProcessRun manager, StreamReader told, string[] addresses) = await StartAsync("--listen", "{0}", "--http", "{1}", "--listen", "{2}", "--transport", transport, "--loops", "2");
        using (manager)
        {
            // Before any server runs, and between two, clients wait.
            for (int i = 0; i < 2; i++)
            {
                using LineClient early = await LineClient.ConnectAsync(IPEndPoint.Parse(addresses[0]));
                await manager.Input.WriteAsync("go\n"u8.ToArray());
                await manager.Input.FlushAsync();
                int server = int.Parse((await told.ReadLineAsync())!);
                await AssertAnswersAsync(early);
                for (int clients = 0; clients < 8; clients++)
                {
                    using LineClient client = await LineClient.ConnectAsync(
                        clients % 2 == 0 ? IPEndPoint.Parse(addresses[0]) : new UnixDomainSocketEndPoint(_directory.PathOf("k.sock")));
                    await AssertAnswersAsync(client);
                }

                Assert.That((await KvTcpProgram.RunAsync("healthcheck", "--http", addresses[1])).Output, Is.EqualTo("ready\n"));
                await ProcessRun.RunAsync("kill", [$"{server}"]);
                Assert.That(await told.ReadLineAsync(), Is.EqualTo("0"));
                Assert.That(File.Exists(_directory.PathOf("k.sock")), Is.True);
            }
        }
    }

    [Test]
    public async Task Server_that_is_given_a_socket_that_no_option_names_ends_with_64()
    {
        (ProcessRun manager, StreamReader told, string[] addresses) = await StartAsync("--listen", "{0}", "--http", "{1}");
        using (manager)
        {
            await manager.Input.WriteAsync("go\n"u8.ToArray());
            await manager.Input.FlushAsync();
            Assert.That(await manager.WaitForErrorLineAsync("kvtcp: "), Is.EqualTo("kvtcp: a socket on k.sock was passed to this process, but neither --listen nor --http names that address"));
            await told.ReadLineAsync();
            Assert.That(await told.ReadLineAsync(), Is.EqualTo("64"));
            Assert.That(addresses, Has.Length.EqualTo(3));
        }
    }

    [TestCase("file", "1", "descriptor 3, ")]
    [TestCase("directory", "1", "descriptor 3, ")]
    [TestCase("pipe", "1", "descriptor 3, ")]
    [TestCase("datagram", "1", "descriptor 3, ", Description = "nobody can be accepted there")]
    [TestCase("bound", "1", "descriptor 3, ", Description = "it does not listen")]
    [TestCase("netlink", "1", "descriptor 3, ", Description = "a socket of an address that .NET does not know")]
    [TestCase("closed", "1", "descriptor 3, ")]
    [TestCase("listening", "2000000000", "descriptor ", Description = "there are not so many")]
    [TestCase("listening", "2147483647", "LISTEN_FDS is '2147483647'", Description = "no descriptors have such numbers")]
    [TestCase("listening", "99999999999", "LISTEN_FDS is '99999999999'", Description = "no int")]
    public async Task Server_that_is_given_no_listening_sockets_ends_with_69(string kind, string count, string reason)
    {
        _directory.Write("some.data", $"{Key} one\n");
        ProcessResult result = await ProcessRun.RunAsync(
            "python3",
            ["-c", BadManager, kind, count, KvTcpProgram.Path, "serve", "--data", "some.data", "--listen", "127.0.0.1:0"],
            directory: _directory.Root);
        result.AssertError(69, reason);
    }

    private static async Task AssertAnswersAsync(LineClient client)
    {
        await client.SendAsync($"GET {Key}\n");
        Assert.That(await client.ReadLineAsync(), Is.EqualTo("OK one"));
    }

    private async Task<(ProcessRun Manager, StreamReader Told, string[] Addresses)> StartAsync(params string[] arguments)
    {
        _directory.Write("some.data", $"{Key} one\n");
        ProcessRun manager = ProcessRun.Start(
            "python3", ["-c", Manager, KvTcpProgram.Path, "serve", "--data", "some.data", .. arguments], _directory.Root);
        StreamReader told = new(manager.Output);
        return (manager, told, (await told.ReadLineAsync())!.Split(' '));
    }
}
