namespace KvTcp.LoadGen;

/// <summary>Drives a server according to a plan.</summary>
internal static class LoadRun
{
    /// <summary>Connects, warms up, measures, and disconnects. Blocks until the end.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="keys">The data file's keys.</param>
    /// <param name="onSecond">Called on one thread with each second of the measured part as it ends; null for none.</param>
    /// <param name="cancellation">Ends the run early: what has been measured until then is the result.</param>
    /// <exception cref="System.Net.Sockets.SocketException">A first connection cannot be made.</exception>
    public static LoadResult Run(LoadPlan plan, KeyFile keys, Action<LoadInterval>? onSecond, CancellationToken cancellation) =>
        throw new NotSupportedException();
}
