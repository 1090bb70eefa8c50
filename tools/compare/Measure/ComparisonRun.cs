using KvTcp.Cli;
using KvTcp.LoadGen;

namespace KvTcp.Compare;

/// <summary>
/// A comparison from beginning to end. Within a round every server meets one kind of load before any meets the next, so that a
/// machine that gets slower or faster does so for all.
/// </summary>
internal sealed class ComparisonRun : IDisposable
{
    /// <summary>About what the hungriest server needs for a pair.</summary>
    private const long BytesPerPair = 250;

    private readonly CompareSettings _settings;
    private readonly CancellationToken _cancellation;
    private readonly CoreSplit _cores = CoreSplit.OfThisProcess();
    private readonly Contenders _contenders;
    private readonly WorkFolder _folder = new();
    private readonly Dictionary<Peer, RunningPeer> _running = [];
    private readonly Dictionary<Peer, string> _versions = [];
    private readonly List<StartResult> _starts = [];
    private readonly List<RequestResult> _requests = [];
    private readonly List<RateResult> _rates = [];

    /// <summary>Prepares a comparison.</summary>
    /// <param name="settings">What is compared.</param>
    /// <param name="onStep">Called after each of <see cref="Steps"/>.</param>
    /// <param name="cancellation">Stops it.</param>
    public ComparisonRun(CompareSettings settings, Action onStep, CancellationToken cancellation)
    {
        _settings = settings;
        _cancellation = cancellation;
        _contenders = new Contenders(settings.Peers, onStep, End);
    }

    /// <summary>How many steps a comparison has.</summary>
    public static int Steps(CompareSettings settings) =>
        settings.Peers.Count * (4 + settings.StartRounds + (settings.Rounds * (LoadCase.All.Count + RateResult.Shares.Count)));

    /// <summary>Installs, starts, loads and drives the servers.</summary>
    /// <exception cref="CommandException">Memory does not suffice.</exception>
    public async Task<Comparison> RunAsync()
    {
        DateTimeOffset began = DateTimeOffset.UtcNow;
        ThrowUnlessMemorySuffices();
        await _contenders.EachAsync(1, "installing", async peer =>
        {
            await peer.InstallAsync(_cancellation);
            _versions.Add(peer, await peer.VersionAsync(_cancellation));
        });
        string dataFile = await _folder.GenerateAsync(_settings.Pairs, _cancellation);
        string emptyFile = await _folder.GenerateAsync(0, _cancellation);
        await MeasureStartsAsync(dataFile, emptyFile);
        await _contenders.EachAsync(1, "loading", async peer =>
            _running.Add(peer, await StartMeasurement.StartLoadedAsync(peer, Launch(_cores.Server, dataFile), _cancellation)));
        _cores.PinGenerator();
        using KeyFile keys = KeyFile.Open(dataFile);
        RequestMeasurement measurement = new(_settings, _cores.Generator.Count, keys, _cancellation);
        await MeasureRequestsAsync(measurement);
        await MeasureRatesAsync(measurement);
        return new Comparison(
            _settings.Command, began, Machine.Describe(_cores), _cores, _settings.Pairs, _settings.Rounds, _settings.Length.TotalSeconds)
        {
            StartRounds = _settings.StartRounds,
            Servers = [.. _settings.Peers.Select(Note)],
            Starts = _starts,
            Requests = _requests,
            Rates = _rates,
        };
    }

    /// <summary>Ends the servers and removes the data.</summary>
    public void Dispose()
    {
        foreach (RunningPeer server in _running.Values)
        {
            server.Dispose();
        }

        _folder.Dispose();
    }

    /// <summary>Ends a server, so that it takes neither memory nor time from the others.</summary>
    private void End(Peer peer)
    {
        if (_running.Remove(peer, out RunningPeer? server))
        {
            server.Dispose();
        }
    }

    private async Task MeasureStartsAsync(string dataFile, string emptyFile)
    {
        for (int round = 1; round <= _settings.StartRounds; round++)
        {
            await _contenders.EachAsync(round, "starting", async peer =>
                _starts.Add(await StartMeasurement.RunAsync(peer, round, Launch(_cores.All, dataFile), emptyFile, _cancellation)));
        }
    }

    private async Task MeasureRequestsAsync(RequestMeasurement measurement)
    {
        await _contenders.EachAsync(1, "verifying replies", peer => measurement.VerifyAsync(_running[peer]));
        await _contenders.EachAsync(1, "warming up", peer => measurement.WarmUpAsync(_running[peer]));
        for (int round = 1; round <= _settings.Rounds; round++)
        {
            foreach (LoadCase load in LoadCase.All)
            {
                await _contenders.EachAsync(round, $"{load.Connections} connections at depth {load.Depth}", async peer =>
                {
                    if (load.Suits(peer))
                    {
                        _requests.Add(await measurement.MeasureAsync(_running[peer], load, round));
                    }
                });
            }
        }
    }

    private async Task MeasureRatesAsync(RequestMeasurement measurement)
    {
        for (int round = 1; round <= _settings.Rounds; round++)
        {
            foreach (double share in RateResult.Shares)
            {
                await _contenders.EachAsync(round, $"a fixed rate of {share * 100:0}% of capacity", async peer =>
                    _rates.Add(await measurement.MeasureRateAsync(_running[peer], share, CapacityOf(peer), round)));
            }
        }
    }

    private double CapacityOf(Peer peer) => Spread.Of(_requests
        .Where(result => string.Equals(result.Server, peer.Name, StringComparison.Ordinal) && result.Case == LoadCase.Typical)
        .Select(static result => result.RequestsPerSecond)).Median;

    private PeerLaunch Launch(IReadOnlyList<int> cores, string dataFile) =>
        new(RunningPeer.FreePort(), cores, _settings.Pairs, dataFile, _folder.Root);

    private ServerNote Note(Peer peer) => new(
        peer.Name, _versions.GetValueOrDefault(peer), peer.Settings, peer.Workers(_cores.All), _contenders.FailureOf(peer));

    private void ThrowUnlessMemorySuffices()
    {
        long needed = _settings.Pairs * BytesPerPair * _settings.Peers.Sum(peer => peer.Workers(_cores.All));
        if (needed > Machine.AvailableBytes)
        {
            throw new CommandException(
                ExitCode.InputOutput,
                $"{_settings.Pairs:N0} pairs in {_settings.Peers.Count} servers take up to {needed >> 20:N0} MiB, and " +
                $"{Machine.AvailableBytes >> 20:N0} MiB are free; see --pairs and --servers");
        }
    }
}
