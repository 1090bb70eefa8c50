using System.Net;

namespace KvTcp.Server;

/// <summary>Keeps one connection within the request rate of its address. One thread at a time.</summary>
/// <param name="rates">The rates.</param>
/// <param name="client">The address, as of <see cref="ClientNetwork"/>.</param>
internal sealed class ConnectionPace(RequestRates rates, IPAddress client)
{
    private long _counted;

    /// <summary>Waits until requests of the address are within the rate: otherwise each new connection would have a read answered that is not.</summary>
    /// <param name="dispatcher">What will answer them.</param>
    /// <param name="deadlines">Wait meanwhile.</param>
    /// <returns>Whether the connection goes on.</returns>
    public async ValueTask<bool> StartAsync(RequestDispatcher dispatcher, ConnectionDeadlines deadlines)
    {
        if (TryGoOn(1))
        {
            return true;
        }

        dispatcher.Refusals.Note(Refusal.RequestRate, deadlines.Remote);
        deadlines.PauseStarts();
        bool goesOn = await rates.WaitAsync(client);
        deadlines.PauseEnds();
        _counted = rates.Share;
        return goesOn;
    }

    /// <summary>Counts what has been answered, and some of what is to come: the library's look-up of an address allocates.</summary>
    /// <param name="requests">The requests of the connection so far.</param>
    /// <returns>Whether to go on at once; if not, <see cref="WaitAsync"/> follows.</returns>
    public bool TryGoOn(long requests)
    {
        if (requests <= _counted)
        {
            return true;
        }

        long taken = Math.Max(requests - _counted, rates.Share);
        if (!rates.TryTake(client, taken))
        {
            return false;
        }

        _counted += taken;
        return true;
    }

    /// <summary>Waits until the requests are within the rate. Their replies are on their way: only those of later requests come later.</summary>
    /// <param name="dispatcher">What has answered them.</param>
    /// <param name="deadlines">Wait meanwhile.</param>
    /// <param name="isLast">Whether no others will come: then they are counted all the same, but nobody waits.</param>
    /// <returns>Whether the connection goes on.</returns>
    public async ValueTask<bool> WaitAsync(RequestDispatcher dispatcher, ConnectionDeadlines deadlines, bool isLast)
    {
        dispatcher.Refusals.Note(Refusal.RequestRate, deadlines.Remote);
        deadlines.PauseStarts();
        bool goesOn = await rates.PayAsync(client, dispatcher.Counters.Requests - _counted, isLast);
        deadlines.PauseEnds();
        _counted = dispatcher.Counters.Requests;
        return goesOn;
    }
}
