using System.Net;

namespace KvTcp.Server;

/// <summary>
/// How many wrong tokens each address may show: <see cref="Allowance"/> at once, and one more every <see cref="Interval"/>. Thread-safe.
/// </summary>
/// <remarks>
/// Of an address it is enough to know until when its wrong tokens count, so an entry is one number, and one whose time has passed means
/// nothing. There are at most <see cref="MaxAddresses"/>; whoever has more addresses than that is not stopped by a limit for each of them.
/// </remarks>
/// <param name="time">Tells the time.</param>
internal sealed class WrongTokenLimit(TimeProvider time)
{
    /// <summary>How many may come at once.</summary>
    public const int Allowance = 10;

    /// <summary>The most addresses that are remembered.</summary>
    public const int MaxAddresses = 4096;

    /// <summary>After so long one wrong token is forgotten.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(6);

    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();

    // By a clock that nobody sets.
    private readonly Dictionary<IPAddress, TimeSpan> _countUntil = [];

    /// <summary>How many addresses are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _countUntil.Count;
            }
        }
    }

    /// <summary>Takes note of a token.</summary>
    /// <param name="address">Where it came from.</param>
    /// <param name="isRight">Whether it is the server's.</param>
    /// <returns>Whether it counts; if not, nobody may be told whether it was right.</returns>
    public bool TryTake(IPAddress address, bool isRight)
    {
        TimeSpan now = time.GetElapsedTime(_start);
        lock (_lock)
        {
            TimeSpan until = _countUntil.GetValueOrDefault(address, now);
            until = until < now ? now : until;
            if (until - now > (Allowance - 1) * Interval)
            {
                return false;
            }

            if (!isRight)
            {
                MakeRoom(address, now);
                _countUntil[address] = until + Interval;
            }

            return true;
        }
    }

    private void MakeRoom(IPAddress address, TimeSpan now)
    {
        if (_countUntil.Count < MaxAddresses || _countUntil.ContainsKey(address))
        {
            return;
        }

        foreach ((IPAddress known, TimeSpan until) in _countUntil)
        {
            if (until <= now)
            {
                _countUntil.Remove(known);
            }
        }

        if (_countUntil.Count >= MaxAddresses)
        {
            _countUntil.Remove(_countUntil.MinBy(static entry => entry.Value).Key);
        }
    }
}
