using System.Diagnostics;
using System.Text;
using KvTcp.Client;
using KvTcp.Fuzz;
using KvTcp.LoadGen;

namespace KvTcp.Soak;

/// <summary>Requests that come steadily through the .NET client, each sent once; every reply is compared. Thread-safe.</summary>
/// <param name="around">What is known of the server.</param>
internal sealed class SteadyLoad(Surroundings around)
{
    private const string Name = "steady load";
    private const string Answered = $"{Name}: answered";
    private const int Callers = 32;
    private const int Connections = 4;
    private const int ManyKeys = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private LatencyHistogram _latency = new();

    /// <summary>The latencies since this was asked last.</summary>
    public LatencyHistogram Take()
    {
        lock (_lock)
        {
            LatencyHistogram taken = _latency;
            _latency = new LatencyHistogram();
            return taken;
        }
    }

    /// <summary>Asks until it is stopped.</summary>
    /// <param name="seed">What is chosen by.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(ulong seed, CancellationToken stop)
    {
        around.Findings.Expect(Answered);
        await using KvClient client = KvClient.Start(around.ClientOptions with { ConnectionsPerServer = Connections });
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(number => Task.Run(() => AskAsync(client, new InputRandom(seed + (ulong)number), stop), stop)));
    }

    private async Task AskAsync(KvClient client, InputRandom random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(Pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            int[] keys = around.Generations.Pairs.Draw(random, random.OneIn(8) ? ManyKeys : 1);
            long sent = Stopwatch.GetTimestamp();
            try
            {
                string?[] values = keys is [int only]
                    ? [await client.GetStringAsync(around.Generations.Pairs.Key(only), CancellationToken.None)]
                    : [.. (await client.GetManyAsync(keys.Select(around.Generations.Pairs.Key).ToArray(), CancellationToken.None)).Select(TextOf)];
                Record(Stopwatch.GetElapsedTime(sent));
                if (around.Generations.FaultIn(keys, values, sent) is string fault)
                {
                    around.Findings.AddWrong($"{Name}: {fault}");
                }
            }
            catch (Exception exception) when (exception is KvException or TimeoutException)
            {
                around.Findings.AddWrong($"{Name}: {exception.Message}");
            }
        }
    }

    private static string? TextOf(byte[]? value) => value is null ? null : Encoding.UTF8.GetString(value);

    private void Record(TimeSpan latency)
    {
        lock (_lock)
        {
            _latency.Record(latency);
        }

        around.Findings.Count(Answered);
    }
}
