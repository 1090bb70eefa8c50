using System.Net;

namespace KvTcp.Server.Http;

/// <summary>Admits HTTP connections, which have limits of their own beside those of the line protocol. Thread-safe.</summary>
/// <param name="limit">The most open at once.</param>
/// <param name="limitPerAddress">The most of one client address; null for any number.</param>
/// <param name="counters">Count those that are admitted.</param>
/// <param name="refusals">Count those that are not.</param>
internal sealed class HttpConnections(int limit, int? limitPerAddress, HttpCounters counters, Refusals refusals)
{
    private readonly Lock _lock = new();
    private readonly AddressCounts _addresses = new(limitPerAddress);

    /// <summary>The most open at once.</summary>
    public int Limit => limit;

    /// <summary>How many more may be opened.</summary>
    public int Left => limit - counters.Connections.Open;

    /// <summary>Counts a new connection.</summary>
    /// <param name="remote">The client's end.</param>
    /// <returns>Whether the limits allow it; if so, <see cref="Close"/> follows.</returns>
    public bool TryOpen(EndPoint? remote)
    {
        lock (_lock)
        {
            Refusal? refusal = Left <= 0 ? Refusal.HttpConnectionLimit : _addresses.TryAdd(remote) ? null : Refusal.HttpAddressLimit;
            if (refusal is Refusal reason)
            {
                refusals.Note(reason, remote);
                return false;
            }

            counters.Open();
            return true;
        }
    }

    /// <summary>Counts the end of a connection.</summary>
    /// <param name="remote">As for <see cref="TryOpen"/>.</param>
    public void Close(EndPoint? remote)
    {
        lock (_lock)
        {
            _addresses.Remove(remote);
            counters.Close();
        }
    }
}
