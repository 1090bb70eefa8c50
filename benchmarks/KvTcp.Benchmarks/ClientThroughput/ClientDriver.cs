using System.Diagnostics;
using KvTcp.Client;

namespace KvTcp.Benchmarks.ClientThroughput;

/// <summary>
/// Callers that each await one <see cref="KvClient.GetAsync(Guid, CancellationToken)"/> after the other, all on one client.
/// </summary>
/// <param name="client">The client.</param>
/// <param name="keys">The keys to ask for, which the server has; each caller starts at another one.</param>
/// <param name="callers">How many callers.</param>
internal sealed class ClientDriver(KvClient client, Guid[] keys, int callers)
{
    private volatile bool _isOver;

    /// <summary>Drives.</summary>
    /// <param name="duration">How long.</param>
    /// <returns>Requests answered per second.</returns>
    public async Task<double> RunAsync(TimeSpan duration)
    {
        _isOver = false;
        using Timer end = new(_ => _isOver = true, null, duration, Timeout.InfiniteTimeSpan);
        Stopwatch elapsed = Stopwatch.StartNew();
        long[] answered = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallAsync(caller))));
        return answered.Sum() / elapsed.Elapsed.TotalSeconds;
    }

    private async Task<long> CallAsync(int caller)
    {
        long answered = 0;
        int next = keys.Length / callers * caller;
        while (!_isOver)
        {
            byte[]? value = await client.GetAsync(keys[next]);
            if (value is null)
            {
                throw new InvalidOperationException($"The server does not have {keys[next]}.");
            }

            next = next + 1 < keys.Length ? next + 1 : 0;
            answered++;
        }

        return answered;
    }
}
