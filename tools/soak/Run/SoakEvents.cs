using System.Diagnostics;
using KvTcp.Cli;
using KvTcp.Fuzz;
using KvTcp.Protocol;

namespace KvTcp.Soak;

/// <summary>What happens to the server, one thing after another, in an order that is drawn anew for each round.</summary>
internal sealed class SoakEvents
{
    private const int Storming = 300;
    private const int HangUps = 200;

    private static readonly TimeSpan StormTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan ReloadLimit = TimeSpan.FromSeconds(30);

    private readonly SoakServer _server;
    private readonly Surroundings _around;
    private readonly string _dataFile;
    private readonly SoakCertificates _certificates;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly List<(TimeSpan At, string What)> _log = [];
    private readonly (string Name, Func<Task> Happen)[] _kinds;
    private long _lastEnd = Stopwatch.GetTimestamp();
    private volatile bool _isUnderWay;
    private int _published;
    private int? _previous;

    /// <summary>Prepares them.</summary>
    /// <param name="server">The server.</param>
    /// <param name="around">Its surroundings.</param>
    /// <param name="dataFile">What it serves.</param>
    /// <param name="certificates">What it shows.</param>
    /// <param name="network">A network to trouble; null for none.</param>
    public SoakEvents(SoakServer server, Surroundings around, string dataFile, SoakCertificates certificates, NetworkNamespace? network)
    {
        _server = server;
        _around = around;
        _dataFile = dataFile;
        _certificates = certificates;
        _kinds =
        [
            ("reload to another dataset", () => ReloadAsync()),
            ("rollback", RollBackAsync),
            ("reload of a bad file", ReloadBadFileAsync),
            ($"{HangUps} SIGHUPs", StormOfHangUpsAsync),
            ("another certificate", ChangeCertificateAsync),
            ("SIGSTOP, SIGCONT", StopAndGoOnAsync),
            ($"storm of {Storming} reconnecting clients", StormAsync),
            .. network is null ? ((string, Func<Task>)[])[] : [("cable cut", () => CutAsync(network))],
            .. network is { HasNetem: true } ? ((string, Func<Task>)[])[("delay and loss", () => TroubleAsync(network))] : [],
        ];
    }

    /// <summary>What has happened.</summary>
    public IReadOnlyList<(TimeSpan At, string What)> Log => _log;

    /// <summary>Whether nothing happens, and what happened last is over.</summary>
    public bool IsCalm => !_isUnderWay && Stopwatch.GetElapsedTime(Interlocked.Read(ref _lastEnd)) > SettleTime;

    /// <summary>Lets them happen until the time is over, but each at least once.</summary>
    /// <param name="plan">How long, and what is drawn by.</param>
    /// <param name="output">Is told of each.</param>
    /// <param name="stop">Ends them early.</param>
    public async Task RunAsync(SoakPlan plan, TextWriter output, CancellationToken stop)
    {
        InputRandom random = new(plan.Seed);
        for (int round = 0; ; round++)
        {
            foreach ((string name, Func<Task> happen) in _kinds.OrderBy(_ => random.Next()).ToArray())
            {
                await Task.Delay(plan.Calm, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (stop.IsCancellationRequested || !_server.IsAlive || (round > 0 && Stopwatch.GetElapsedTime(_began) >= plan.Duration))
                {
                    await Task.Delay(plan.Calm, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    return;
                }

                TimeSpan at = Stopwatch.GetElapsedTime(_began);
                _log.Add((at, name));
                await output.WriteLineAsync($"{at:hh\\:mm\\:ss} {name}");
                await output.FlushAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                _isUnderWay = true;
                _ = await _around.Findings.TryAsync(name, happen, CancellationToken.None);
                Interlocked.Exchange(ref _lastEnd, Stopwatch.GetTimestamp());
                _isUnderWay = false;
            }
        }
    }

    private async Task ReloadAsync()
    {
        Publish();
        OperatorReply reply = await _server.AskAsync(Command.Reload);
        if (reply.Code is not null)
        {
            _around.Findings.AddWrong($"a good reload was refused: {reply.Text}");
        }

        _around.Generations.Settle();
    }

    private async Task RollBackAsync()
    {
        if (_previous is null)
        {
            await ReloadAsync();
        }

        _around.Generations.Begin(_previous!.Value);
        _previous = null;
        OperatorReply reply = await _server.AskAsync(Command.Rollback);
        if (reply.Code is not null)
        {
            _around.Findings.AddWrong($"a rollback was refused: {reply.Text}");
        }

        _around.Generations.Settle();
    }

    private async Task ReloadBadFileAsync()
    {
        await File.WriteAllTextAsync($"{_dataFile}.bad", "this is no pair\n");
        File.Move($"{_dataFile}.bad", _dataFile, overwrite: true);
        if ((await _server.AskAsync(Command.Reload)).Code != ErrorCode.Refused)
        {
            _around.Findings.AddWrong("a bad file was not refused");
        }
    }

    /// <summary>In the middle of it the file changes: what is served in the end is what it was in the end.</summary>
    private async Task StormOfHangUpsAsync()
    {
        Publish();
        for (int i = 0; i < HangUps; i++)
        {
            _server.Signal(SoakServer.HangUp);
            if (i == HangUps / 2)
            {
                Publish();
            }

            if (i % 10 == 0)
            {
                await Task.Delay(1);
            }
        }

        // Behind all that the signals have asked for, so what it finds is what they have left. Its dataset is the same, and so changes nothing.
        if ((await _server.AskAsync(Command.Reload).WaitAsync(ReloadLimit)).Code is not null)
        {
            _around.Findings.AddWrong("a good reload was refused");
        }

        _around.Generations.Settle();

        // Which of the two before it a rollback would return to is chance.
        _previous = null;
    }

    private async Task ChangeCertificateAsync()
    {
        _certificates.Publish();
        if (!await _certificates.IsShownAsync(_server.EndPoints[SoakRun.Tls], ReloadLimit))
        {
            _around.Findings.AddWrong($"the new certificate is not shown after {ReloadLimit.TotalSeconds} s");
        }
    }

    private async Task StopAndGoOnAsync()
    {
        _server.Signal(SoakServer.Stop);
        await Task.Delay(StopTime);
        _server.Signal(SoakServer.Continue);
    }

    private async Task StormAsync()
    {
        using CancellationTokenSource stop = new(StormTime);
        await new ReconnectStorm(_around, TimeSpan.Zero).RunAsync(Storming, stop.Token);
    }

    private static async Task CutAsync(NetworkNamespace network)
    {
        await network.SetCableAsync(isWhole: false);
        await Task.Delay(StopTime);
        await network.SetCableAsync(isWhole: true);
    }

    private static async Task TroubleAsync(NetworkNamespace network)
    {
        await network.SetTroubleAsync(isOn: true);
        await Task.Delay(StormTime);
        await network.SetTroubleAsync(isOn: false);
    }

    private void Publish()
    {
        _previous = _around.Generations.Current;
        _around.Generations.Begin(++_published);
        _around.Generations.Pairs.Publish(_dataFile, _published);
    }
}
