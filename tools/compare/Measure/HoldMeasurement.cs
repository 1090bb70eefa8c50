using KvTcp.Cli;
using KvTcp.LoadGen;

namespace KvTcp.Compare;

/// <summary>Measures how much memory this server needs for how much data, until the data is too much for the machine.</summary>
internal static class HoldMeasurement
{
    // Upper bounds of what a pair takes: the server's peak and the offsets of KeyFile; a line of the data file.
    private const long MemoryPerPair = 110;
    private const long DiskPerPair = 110;

    private static readonly long[] Sizes = [1_000_000, 10_000_000, 100_000_000];

    /// <summary>The amounts that are measured.</summary>
    public static IReadOnlyList<long> SizesUpTo(long most) => [.. Sizes.Where(size => size < most), most];

    /// <summary>Measures.</summary>
    /// <param name="settings">The most pairs, and how long to verify replies.</param>
    /// <param name="onStep">Called after each amount.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<HoldReport> RunAsync(CompareSettings settings, Action onStep, CancellationToken cancellation)
    {
        CoreSplit cores = CoreSplit.OfThisProcess();
        KvTcpPeer peer = new();
        await peer.InstallAsync(cancellation);
        DateTimeOffset began = DateTimeOffset.UtcNow;
        List<HoldResult> results = [];
        List<string> omitted = [];
        foreach (long pairs in SizesUpTo(settings.Pairs))
        {
            using WorkFolder folder = new();
            long disk = new DriveInfo(folder.Root).AvailableFreeSpace;
            if (pairs * MemoryPerPair > Machine.AvailableBytes || pairs * DiskPerPair > disk)
            {
                omitted.Add(
                    $"{pairs:N0} pairs are not measured: they need up to {pairs * MemoryPerPair >> 20:N0} MiB of memory and of disk, and " +
                    $"{Machine.AvailableBytes >> 20:N0} and {disk >> 20:N0} MiB are free.");
            }
            else
            {
                PeerLaunch launch = new(RunningPeer.FreePort(), cores.All, pairs, await folder.GenerateAsync(pairs, cancellation), folder.Root);
                results.Add(await MeasureAsync(peer, launch, settings, cancellation));
            }

            onStep();
        }

        return results.Count > 0
            ? new HoldReport(settings.Command, began, Machine.Describe(cores), await peer.VersionAsync(cancellation), results, omitted)
            : throw new CommandException(ExitCode.InputOutput, omitted[0]);
    }

    private static async Task<HoldResult> MeasureAsync(Peer peer, PeerLaunch launch, CompareSettings settings, CancellationToken cancellation)
    {
        using RunningPeer server = await StartMeasurement.StartLoadedAsync(peer, launch, cancellation);
        HoldResult result = new(
            launch.Pairs,
            new FileInfo(launch.DataFile).Length,
            server.TimeToFirstReply.TotalSeconds,
            await server.ResidentAsync(cancellation),
            server.Processes.Sum(ProcessFigures.PeakResident));
        using KeyFile keys = KeyFile.Open(launch.DataFile);
        await new RequestMeasurement(settings, 1, keys, cancellation).VerifyAsync(server);
        return result;
    }
}
