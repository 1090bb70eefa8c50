using System.Net;
using System.Runtime.InteropServices;

namespace KvTcp.Server;

/// <summary>Counts the open connections of each client address against a limit. One thread at a time.</summary>
/// <param name="limit">The most of one address; null for any number, which counts nothing.</param>
internal sealed class AddressCounts(int? limit)
{
    private readonly Dictionary<IPAddress, int> _open = [];

    /// <summary>Counts a new connection.</summary>
    /// <param name="remote">The client's end; one of a Unix socket has no limit.</param>
    /// <returns>Whether there is room; if so, <see cref="Remove"/> follows.</returns>
    public bool TryAdd(EndPoint? remote)
    {
        if (limit is null || ClientNetwork.Of(remote) is not IPAddress client)
        {
            return true;
        }

        ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(_open, client, out _);
        if (count >= limit)
        {
            return false;
        }

        count++;
        return true;
    }

    /// <summary>Counts the end of a connection.</summary>
    /// <param name="remote">As for <see cref="TryAdd"/>.</param>
    public void Remove(EndPoint? remote)
    {
        if (limit is not null && ClientNetwork.Of(remote) is IPAddress client && --_open[client] == 0)
        {
            _open.Remove(client);
        }
    }
}
