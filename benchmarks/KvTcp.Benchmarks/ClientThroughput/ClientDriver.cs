using System.Diagnostics;
using KvTcp.Client;

namespace KvTcp.Benchmarks.ClientThroughput;

/// <summary>Callers that each await one <see cref="KvClient.GetAsync(Guid, CancellationToken)"/> after the other, all on one client.</summary>
/// <param name="client">The client.</param>
/// <param name="keys">The keys to ask for, which the server has; each caller starts at another one.</param>
/// <param name="callers">How many callers.</param>
internal sealed class ClientDriver(KvClient client, Guid[] keys, int callers)
{
    /// <summary>Drives.</summary>
    /// <param name="duration">How long.</param>
    /// <returns>Requests answered per second.</returns>
    public async Task<double> RunAsync(TimeSpan duration)
    {
        Stopwatch elapsed = Stopwatch.StartNew();
        long end = elapsed.ElapsedTicks + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        long[] answered = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallAsync(caller, elapsed, end))));
        return answered.Sum() / elapsed.Elapsed.TotalSeconds;
    }

    private async Task<long> CallAsync(int caller, Stopwatch elapsed, long end)
    {
        long answered = 0;
        int next = keys.Length / callers * caller;
        while (elapsed.ElapsedTicks < end)
        {
            byte[]? value = await client.GetAsync(keys[next]);
            if (value is null)
            {
                throw new InvalidOperationException($"The server does not have {keys[next]}.");
            }

            next = (next + 1) % keys.Length;
            answered++;
        }

        return answered;
    }
}
