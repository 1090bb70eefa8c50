using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using KvTcp.Redis;
using KvTcp.Redis.Connections;

namespace KvTcp.Tests.Support;

/// <summary>A Redis, or a Garnet, of a test's own, without a pair in it. Killed when disposed.</summary>
internal sealed class RedisNode : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<int, bool> Told = new();

    /// <summary>Where run.sh installs it.</summary>
    private static readonly string Garnet = Repository.PathOf("artifacts/garnet-2.2.5/garnet-server");

    private readonly RedisUrl _url;
    private readonly string _program;
    private readonly string[] _arguments;
    private TemporaryDirectory? _directory;
    private ProcessRun? _process;
    private RedisConnection? _connection;

    private RedisNode(RedisUrl url, string program, string[] arguments)
    {
        _url = url;
        _program = program;
        _arguments = arguments;
    }

    public RedisAddress Address => _url.Addresses[0];

    public int Id => _process!.Id;

    /// <summary>Starts a redis-server.</summary>
    /// <param name="arguments">What else it is to be told.</param>
    public static Task<RedisNode> StartAsync(params string[] arguments) => StartAsync(new RedisUrl { Addresses = [FreeAddress()] }, arguments);

    /// <summary>Starts a redis-server that is connected to as a URL says.</summary>
    /// <param name="url">Where it listens, and how.</param>
    /// <param name="arguments">What else it is to be told.</param>
    public static async Task<RedisNode> StartAsync(RedisUrl url, params string[] arguments)
    {
        string port = $"{url.Addresses[0].Port}";
        string[] listen = url.UsesTls ? ["--port", "0", "--tls-port", port] : ["--port", port];
        RedisNode node = new(url, "redis-server", [.. listen, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", .. arguments]);
        await node.StartAgainAsync();
        return node;
    }

    /// <summary>Starts a Garnet.</summary>
    public static async Task<RedisNode> StartGarnetAsync()
    {
        RedisUrl url = new() { Addresses = [FreeAddress()] };
        RedisNode node = new(url, Garnet, ["--bind", "127.0.0.1", "--port", $"{url.Addresses[0].Port}", "--memory", "64m", "--index", "1m"]);
        await node.StartAgainAsync();
        return node;
    }

    /// <summary>An address that nothing listens on at this moment, and that nobody was told of before: two who start at once would have one server.</summary>
    public static RedisAddress FreeAddress()
    {
        int port;
        do
        {
            using Socket free = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            port = ((IPEndPoint)free.LocalEndPoint!).Port;
        }
        while (!Told.TryAdd(port, value: true));
        return new RedisAddress("127.0.0.1", port);
    }

    /// <summary>Starts it where it was, without its data, after <see cref="KillAsync"/>.</summary>
    public async Task StartAgainAsync()
    {
        _directory = new TemporaryDirectory();
        _process = ProcessRun.Start(_program, _arguments, _directory.Root);
        try
        {
            await Patience.UntilAsync(AnswersAsync, $"{_program} answers");
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills it, as a power cut would.</summary>
    public async Task KillAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            _connection = null;
        }

        _process?.Dispose();
        _process = null;
        _directory?.Dispose();
        _directory = null;
    }

    /// <summary>Stops its process, which keeps its connections, or lets it go on.</summary>
    /// <param name="stops">Which of both.</param>
    public void Pause(bool stops) => _process!.Signal(stops ? 19 : 18);

    /// <summary>Sends it a command.</summary>
    /// <exception cref="InvalidOperationException">It replies with an error.</exception>
    public async Task<RedisReply> AskAsync(params string[] command)
    {
        _connection ??= await RedisConnection.OpenAsync(Address, _url, new RedisOptions(), CancellationToken.None);
        RedisReply reply = await _connection.AskAsync(command).WaitAsync(Patience.Limit);
        return reply.IsError ? throw new InvalidOperationException($"{string.Join(' ', command)}: {reply.Text}") : reply;
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await AskAsync("PING");
            return true;
        }
        catch (RedisConnectionException)
        {
            return false;
        }
    }
}
