namespace KvTcp.Client;

/// <summary>How long to wait before the next attempt to connect.</summary>
internal static class Backoff
{
    /// <summary>
    /// The wait: evenly spread between nothing and a bound that doubles with each failure, so that the clients of a server
    /// that restarts do not all return in the same moment.
    /// </summary>
    /// <param name="options">The bounds.</param>
    /// <param name="failures">Failures in a row.</param>
    /// <param name="share">Where between nothing and the bound, 0 to 1.</param>
    public static TimeSpan Delay(KvClientOptions options, int failures, double share)
    {
        double bound = options.ReconnectDelay.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 30));
        return TimeSpan.FromMilliseconds(share * Math.Min(bound, options.MaxReconnectDelay.TotalMilliseconds));
    }
}
