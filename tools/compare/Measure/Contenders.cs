using System.Net.Sockets;
using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>The servers of a comparison, without those that have failed: these keep their reason, and the others go on.</summary>
internal sealed class Contenders
{
    private readonly IReadOnlyList<Peer> _peers;
    private readonly Dictionary<Peer, string> _failures = [];
    private readonly Action _onStep;
    private readonly Action<Peer> _onFailure;

    /// <summary>Begins with all.</summary>
    /// <param name="peers">The servers.</param>
    /// <param name="onStep">Called after each step.</param>
    /// <param name="onFailure">Called with each server that fails, before another one's turn.</param>
    public Contenders(IReadOnlyList<Peer> peers, Action onStep, Action<Peer> onFailure)
    {
        _peers = peers;
        _onStep = onStep;
        _onFailure = onFailure;
    }

    /// <summary>Why a server failed; null when it has not.</summary>
    public string? FailureOf(Peer peer) => _failures.GetValueOrDefault(peer);

    /// <summary>Does something with each server that has not failed, beginning with another one in every round.</summary>
    /// <param name="round">The round, from 1.</param>
    /// <param name="doing">What is done, for the reason of a failure.</param>
    /// <param name="step">Does it.</param>
    public async Task EachAsync(int round, string doing, Func<Peer, Task> step)
    {
        for (int i = 0; i < _peers.Count; i++)
        {
            Peer peer = _peers[(round - 1 + i) % _peers.Count];
            if (_failures.ContainsKey(peer))
            {
                continue;
            }

            try
            {
                await step(peer);
            }
            catch (Exception e) when (e is CommandException or SocketException or IOException)
            {
                _failures.Add(peer, $"{doing}: {e.Message}");
                _onFailure(peer);
            }

            _onStep();
        }
    }
}
