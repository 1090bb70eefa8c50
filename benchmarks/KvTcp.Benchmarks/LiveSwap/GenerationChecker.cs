using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KvTcp.Benchmarks.LiveSwap;

/// <summary>
/// A connection that asks in batches, one every few milliseconds, and looks at every answer: is it the value of its key, is an MGET of one
/// generation, is no answer older than one before it?
/// </summary>
internal sealed class GenerationChecker : IAsyncDisposable
{
    private const int Depth = 16;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private readonly PeriodicTimer _timer = new(Interval);
    private readonly Task _run;
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Random _random;
    private readonly int _pairs;

    /// <summary>Connects and starts to ask.</summary>
    /// <param name="server">The server.</param>
    /// <param name="pairs">How many keys it has.</param>
    /// <param name="seed">Decides which keys are asked for.</param>
    public GenerationChecker(EndPoint server, int pairs, int seed)
    {
        _pairs = pairs;
        _random = new Random(seed);
        _socket.Connect(server);
        _run = Task.Run(RunAsync);
    }

    /// <summary>The answers that were right.</summary>
    public long Checked { get; private set; }

    /// <summary>What was wrong first; null when nothing was.</summary>
    public string? Fault { get; private set; }

    /// <summary>Waits for the last answers.</summary>
    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _run;
        _socket.Dispose();
    }

    private async Task RunAsync()
    {
        await using NetworkStream stream = new(_socket);
        using StreamReader replies = new(stream, Encoding.ASCII);
        int newest = 0;
        int[] lines = new int[Depth];
        try
        {
            while (Fault is null && await _timer.WaitForNextTickAsync())
            {
                StringBuilder requests = new();
                for (int i = 0; i < Depth; i++)
                {
                    lines[i] = _random.Next(_pairs);
                    requests.Append("GET ").Append(GenerationFile.KeyOf(lines[i])).Append('\n');
                }

                requests.Append("MGET ").AppendJoin(' ', lines.Select(GenerationFile.KeyOf)).Append('\n');
                await stream.WriteAsync(Encoding.ASCII.GetBytes(requests.ToString()));
                foreach (int line in lines)
                {
                    newest = Check(await replies.ReadLineAsync(), line, newest, int.MaxValue);
                }

                Fault ??= string.Equals(await replies.ReadLineAsync(), $"LINES {Depth}", StringComparison.Ordinal) ? null : "an MGET is not answered with LINES";
                newest = Check(await replies.ReadLineAsync(), lines[0], newest, int.MaxValue);
                foreach (int line in lines[1..])
                {
                    Check(await replies.ReadLineAsync(), line, newest, newest);
                }
            }
        }
        catch (IOException exception)
        {
            Fault = $"the connection broke: {exception.Message}";
        }
    }

    private int Check(string? reply, int line, int oldest, int newest)
    {
        (int Line, int Generation)? value = reply?.StartsWith("OK ", StringComparison.Ordinal) == true
            ? GenerationFile.Read(Encoding.ASCII.GetBytes(reply[3..]))
            : null;
        if (value is not (int found, int generation) || found != line || generation < oldest || generation > newest)
        {
            Fault ??= $"line {line}, generation {oldest} or later, is answered: {reply ?? "with a close"}";
            return oldest;
        }

        Checked++;
        return generation;
    }
}
