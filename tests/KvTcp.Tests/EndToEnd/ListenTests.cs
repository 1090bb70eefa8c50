using System.Net;
using System.Net.Sockets;
using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>Where a server listens, and what it says when it cannot.</summary>
public class ListenTests(TransportKind transport) : EveryTransport(transport)
{
    private string _folder = null!;

    private string SocketPath => Path.Combine(_folder, "kvtcp.sock");

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("kvtcp-listen-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Localhost_listens_on_both_loopback_addresses()
    {
        await using RunningServer server = await StartAsync(listen: "localhost:0");
        IPAddress[] addresses = [.. server.Server.EndPoints.Cast<IPEndPoint>().Select(static e => e.Address)];
        Assert.That(addresses, Is.EqualTo(new[] { IPAddress.Loopback, IPAddress.IPv6Loopback }));
        await AnswersAsync(server.Server.EndPoints);
        Assert.That(server.Log.Texts(LogLevel.Warning), Is.Empty);
    }

    [Test]
    public async Task Star_listens_on_every_address_of_both_families_and_warns()
    {
        await using RunningServer server = await StartAsync(listen: "*:0");
        int port = ((IPEndPoint)server.EndPoint).Port;
        await AnswersAsync([new IPEndPoint(IPAddress.Loopback, port), new IPEndPoint(IPAddress.IPv6Loopback, port)]);
        Assert.That(server.Log.Texts(LogLevel.Warning), Has.One.Contains("*:0"));
    }

    [Test]
    public async Task Several_addresses_all_answer_in_the_order_given()
    {
        await using RunningServer server = await StartAsync(listen: ["127.0.0.1:0", $"unix:{SocketPath}", "[::1]:0"]);
        Assert.That(
            server.Server.EndPoints.Select(static e => e.AddressFamily),
            Is.EqualTo(new[] { AddressFamily.InterNetwork, AddressFamily.Unix, AddressFamily.InterNetworkV6 }));
        Assert.That(
            server.Server.EndPoints.OfType<IPEndPoint>().Select(static e => e.Port), Has.None.Zero, "the ports that the system chose");
        await AnswersAsync(server.Server.EndPoints);
    }

    [Test]
    public async Task Port_in_use_is_named_and_nothing_is_left_listening()
    {
        await using RunningServer other = await StartAsync();
        string taken = other.EndPoint.ToString()!;
        int free = FreePort();
        ListenException exception = await RefusedAsync($"127.0.0.1:{free}", $"unix:{SocketPath}", taken);
        Assert.That(exception.Message, Does.StartWith($"cannot listen on {taken}: the address is in use"));
        Assert.That(exception.Message, Does.Not.Contain("\n"));
        await IsRefusedAsync(new IPEndPoint(IPAddress.Loopback, free));
        Assert.That(File.Exists(SocketPath), Is.False);
        await AnswersAsync([other.EndPoint]);
    }

    [Test]
    public async Task Address_of_another_machine_is_named()
    {
        ListenException exception = await RefusedAsync("192.0.2.1:0");
        Assert.That(exception.Message, Does.StartWith("cannot listen on 192.0.2.1:0: this machine does not have that address"));
    }

    [Test]
    public async Task Port_is_free_again_after_the_server()
    {
        RunningServer server = await StartAsync(listen: ["127.0.0.1:0", $"unix:{SocketPath}"]);
        string address = server.EndPoint.ToString()!;
        using LineClient client = await server.ConnectAsync();
        Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"));
        await server.DisposeAsync();
        Assert.That(File.Exists(SocketPath), Is.False, "the socket's file goes with the server");
        await using RunningServer next = await StartAsync(listen: [address, $"unix:{SocketPath}"]);
        await AnswersAsync(next.Server.EndPoints);
    }

    [Test]
    public async Task Stale_unix_socket_is_replaced()
    {
        LeaveStaleSocket(SocketPath);
        Assert.That(File.Exists(SocketPath));
        await using RunningServer server = await StartAsync(listen: $"unix:{SocketPath}");
        await AnswersAsync([server.EndPoint]);
    }

    [Test]
    public async Task Live_unix_socket_is_left_alone()
    {
        await using RunningServer other = await StartAsync(listen: $"unix:{SocketPath}");
        ListenException exception = await RefusedAsync($"unix:{SocketPath}");
        Assert.That(exception.Message, Does.StartWith($"cannot listen on unix:{SocketPath}: the address is in use"));
        await AnswersAsync([other.EndPoint]);
    }

    [TestCase("some text", Description = "a file that somebody wants to keep")]
    [TestCase("", Description = "an empty one too")]
    public async Task Regular_file_at_the_path_of_a_unix_socket_is_left_alone(string text)
    {
        await File.WriteAllTextAsync(SocketPath, text);
        ListenException exception = await RefusedAsync($"unix:{SocketPath}");
        Assert.That(exception.Message, Does.StartWith($"cannot listen on unix:{SocketPath}: ").And.Contains("no socket"));
        Assert.That(await File.ReadAllTextAsync(SocketPath), Is.EqualTo(text));
    }

    [Test]
    public async Task Locked_file_at_the_path_of_a_unix_socket_is_left_alone()
    {
        using (FileStream locked = new(SocketPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
        {
            ListenException exception = await RefusedAsync($"unix:{SocketPath}");
            Assert.That(exception.Message, Does.StartWith($"cannot listen on unix:{SocketPath}: "));
        }

        Assert.That(File.Exists(SocketPath));
    }

    [Test]
    public async Task Named_pipe_at_the_path_of_a_unix_socket_is_left_alone()
    {
        using (TerminalProgram makePipe = TerminalProgram.Start("/usr/bin/mkfifo", SocketPath))
        {
            await makePipe.WaitForEndAsync();
        }

        ListenException exception = await RefusedAsync($"unix:{SocketPath}");
        Assert.That(exception.Message, Does.StartWith($"cannot listen on unix:{SocketPath}: ").And.Contains("no socket"));
        Assert.That(File.Exists(SocketPath));
    }

    [Test]
    public async Task Folder_at_the_path_of_a_unix_socket_is_left_alone()
    {
        Directory.CreateDirectory(SocketPath);
        ListenException exception = await RefusedAsync($"unix:{SocketPath}");
        Assert.That(exception.Message, Does.StartWith($"cannot listen on unix:{SocketPath}: "));
        Assert.That(Directory.Exists(SocketPath));
    }

    [Test]
    public async Task Missing_folder_of_a_unix_socket_is_named()
    {
        string path = Path.Combine(_folder, "missing", "kvtcp.sock");
        ListenException exception = await RefusedAsync($"unix:{path}");
        Assert.That(exception.Message, Does.StartWith($"cannot listen on unix:{path}: "));
    }

    private async Task<ListenException> RefusedAsync(params string[] listen)
    {
        try
        {
            await using RunningServer server = await StartAsync(listen: listen);
        }
        catch (ListenException exception)
        {
            return exception;
        }

        throw new AssertionException("The server listens.");
    }

    private static async Task AnswersAsync(IEnumerable<EndPoint> endPoints)
    {
        foreach (EndPoint endPoint in endPoints)
        {
            using LineClient client = await LineClient.ConnectAsync(endPoint);
            Assert.That(await client.AskAsync("PING"), Is.EqualTo("OK PONG"), endPoint.ToString());
        }
    }

    private static async Task IsRefusedAsync(EndPoint endPoint)
    {
        try
        {
            using LineClient client = await LineClient.ConnectAsync(endPoint);
        }
        catch (SocketException exception)
        {
            Assert.That(exception.SocketErrorCode, Is.EqualTo(SocketError.ConnectionRefused));
            return;
        }

        throw new AssertionException($"Somebody listens on {endPoint}.");
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    // .NET deletes the file of a socket that it closes, so the file is moved away meanwhile.
    private static void LeaveStaleSocket(string path)
    {
        using (Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(path + ".bound"));
            socket.Listen();
            File.Move(path + ".bound", path);
        }
    }
}
