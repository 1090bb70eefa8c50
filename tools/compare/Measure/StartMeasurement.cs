using System.Diagnostics;
using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>Measures how long a server takes to start and to have its data, and the memory that this takes, on all cores.</summary>
internal static class StartMeasurement
{
    /// <summary>Starts a server twice, or once when pairs are sent to it, and ends it.</summary>
    /// <param name="peer">The server.</param>
    /// <param name="round">The round, from 1.</param>
    /// <param name="launch">How it is started with data.</param>
    /// <param name="emptyFile">A data file without pairs.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="CommandException">It has not all pairs afterwards.</exception>
    public static async Task<StartResult> RunAsync(Peer peer, int round, PeerLaunch launch, string emptyFile, CancellationToken cancellation)
    {
        double emptySeconds;
        long emptyBytes;
        using (RunningPeer empty = await RunningPeer.StartAsync(peer, launch with { DataFile = emptyFile }, cancellation))
        {
            emptySeconds = empty.TimeToFirstReply.TotalSeconds;
            emptyBytes = await empty.ResidentAsync(cancellation);
            if (peer is StoringPeer storing)
            {
                long began = Stopwatch.GetTimestamp();
                await PairSender.SendAsync(empty, storing, launch.DataFile, cancellation);
                double readySeconds = emptySeconds + Stopwatch.GetElapsedTime(began).TotalSeconds;
                await ThrowUnlessCompleteAsync(empty, launch, cancellation);
                return new StartResult(peer.Name, round, emptySeconds, readySeconds, emptyBytes, await empty.ResidentAsync(cancellation));
            }
        }

        using RunningPeer loaded = await RunningPeer.StartAsync(peer, launch with { Port = RunningPeer.FreePort() }, cancellation);
        await ThrowUnlessCompleteAsync(loaded, launch, cancellation);
        return new StartResult(
            peer.Name, round, emptySeconds, loaded.TimeToFirstReply.TotalSeconds, emptyBytes, await loaded.ResidentAsync(cancellation));
    }

    /// <summary>Starts a server, gives it the data, and leaves it running.</summary>
    /// <exception cref="CommandException">It has not all pairs afterwards.</exception>
    public static async Task<RunningPeer> StartLoadedAsync(Peer peer, PeerLaunch launch, CancellationToken cancellation)
    {
        RunningPeer server = await RunningPeer.StartAsync(peer, launch, cancellation);
        try
        {
            if (peer is StoringPeer storing)
            {
                await PairSender.SendAsync(server, storing, launch.DataFile, cancellation);
            }

            await ThrowUnlessCompleteAsync(server, launch, cancellation);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    private static async Task ThrowUnlessCompleteAsync(RunningPeer server, PeerLaunch launch, CancellationToken cancellation)
    {
        long count = await server.CountAsync(cancellation);
        if (count != launch.Pairs)
        {
            throw new CommandException(ExitCode.BadData, $"it was given {launch.Pairs:N0} pairs and has {count:N0}");
        }
    }
}
