using System.Diagnostics;
using KvTcp.Client;

namespace KvTcp.Cli;

/// <summary>Asks a server for its figures at an interval, and shows them. A server that is lost is asked on, until it is back.</summary>
/// <param name="client">Asks, and connects anew.</param>
/// <param name="server">The address, for people.</param>
/// <param name="interval">How often to ask.</param>
/// <param name="display">Shows.</param>
internal sealed class StatsWatch(KvClient client, string server, TimeSpan interval, IStatsDisplay display)
{
    /// <summary>As many rates as the widest terminal has columns for.</summary>
    private const int MaxHistory = 512;

    private readonly Queue<double> _history = new();
    private StatsSample? _last;
    private StatsRates? _rates;
    private long _heardAt = Stopwatch.GetTimestamp();

    /// <summary>Goes on until it is told to end.</summary>
    /// <param name="end">The end.</param>
    public async Task RunAsync(CancellationToken end)
    {
        using PeriodicTimer timer = new(interval);
        try
        {
            do
            {
                string? lost = await AskAsync(end);
                TimeSpan lostFor = lost is null ? default : Stopwatch.GetElapsedTime(_heardAt);
                display.Show(new StatsView(server, DateTimeOffset.UtcNow, interval, _last, _rates, [.. _history], lost, lostFor));
            }
            while (await timer.WaitForNextTickAsync(end));
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // That is how it ends.
        }
    }

    /// <returns>Why there are no new figures; null if there are.</returns>
    private async Task<string?> AskAsync(CancellationToken end)
    {
        try
        {
            StatsSample sample = new(await client.StatsAsync(end), Stopwatch.GetTimestamp());
            _rates = _last is null ? null : StatsRates.Between(_last, sample);
            _last = sample;
            _heardAt = sample.Timestamp;
            if (_rates is not null)
            {
                _history.Enqueue(_rates.Requests);
            }

            return null;
        }
        catch (Exception e) when (e is KvException or TimeoutException)
        {
            // The next figures are compared with those before the loss, unless the server has been started anew.
            _rates = null;
            _history.Enqueue(0);
            return e.Message;
        }
        finally
        {
            while (_history.Count > MaxHistory)
            {
                _history.Dequeue();
            }
        }
    }
}
