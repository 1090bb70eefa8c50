using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using KvTcp.Redis;

namespace KvTcp.Tests.Support;

/// <summary>A node that answers each command as a test says, rightly or not. Text is one character a byte.</summary>
internal sealed class ScriptedRedis : IAsyncDisposable
{
    /// <summary>Ends a reply after which the connection is cut.</summary>
    public const string Cut = "\u0000cut";

    /// <summary>Ends a reply that goes on, a byte at a time, until the connection ends.</summary>
    public const string Trickle = "\u0000trickle";

    /// <summary>What a Redis says that is no Cluster.</summary>
    public const string NoCluster = "-ERR This instance has cluster support disabled\r\n";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<int, string[], string> _reply;
    private readonly Task _accepting;
    private int _connections;

    /// <summary>Listens.</summary>
    /// <param name="reply">Makes the reply to a command of a connection, counted from 1. CLUSTER is answered as by a single node, unless this does.</param>
    public ScriptedRedis(Func<int, string[], string> reply)
    {
        _reply = reply;
        _listener.Start();
        Address = new RedisAddress("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);
        _accepting = AcceptAsync();
    }

    public RedisAddress Address { get; }

    public RedisUrl Url => new() { Addresses = [Address] };

    /// <summary>How many connections it has accepted.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> served = [];
        try
        {
            while (true)
            {
                served.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token), Interlocked.Increment(ref _connections)));
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            await Task.WhenAll(served);
        }
    }

    private async Task ServeAsync(TcpClient client, int number)
    {
        using TcpClient accepted = client;
        await using NetworkStream stream = client.GetStream();
        using StreamReader requests = new(stream, Encoding.Latin1);
        try
        {
            while (await ReadRequestAsync(requests) is string[] command)
            {
                string[] reply = _reply(number, command).Split('\0');
                await stream.WriteAsync(Encoding.Latin1.GetBytes(reply[0]), _stop.Token);
                while (reply is [_, "trickle"])
                {
                    await Task.Delay(10, _stop.Token);
                    await stream.WriteAsync("x"u8.ToArray(), _stop.Token);
                }

                if (reply is [_, "cut"])
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client has gone, or the test is over.
        }
    }

    private async Task<string[]?> ReadRequestAsync(StreamReader requests)
    {
        if (await requests.ReadLineAsync(_stop.Token) is not string header)
        {
            return null;
        }

        string[] arguments = new string[int.Parse(header.AsSpan(1), CultureInfo.InvariantCulture)];
        for (int i = 0; i < arguments.Length; i++)
        {
            await requests.ReadLineAsync(_stop.Token);
            arguments[i] = (await requests.ReadLineAsync(_stop.Token))!;
        }

        return arguments;
    }
}
