using System.Net;
using System.Text;
using KvTcp.LoadGen;
using KvTcp.Tests.Support;

namespace KvTcp.Tests.LoadGen.Engine;

/// <summary>What tests of runs have in common.</summary>
internal static class LoadRuns
{
    /// <summary>A plan without warm-up, over few connections.</summary>
    public static LoadPlan PlanFor(EndPoint server) =>
        new() { Server = server, Connections = 3, WarmUp = TimeSpan.Zero, Duration = TimeSpan.FromMilliseconds(300) };

    /// <summary>Runs a plan to its end.</summary>
    public static Task<LoadResult> RunAsync(
        LoadPlan plan, KeyFile keys, Action<LoadInterval>? onSecond = null, CancellationToken cancellation = default) =>
        Task.Run(() => LoadRun.Run(plan, keys, onSecond, cancellation)).WaitAsync(Patience.Limit, CancellationToken.None);

    /// <summary>Writes the pairs of a dataset as a data file, and opens it.</summary>
    public static KeyFile WriteKeys(TemporaryDirectory directory, TestDataset data)
    {
        StringBuilder lines = new();
        foreach ((Guid key, byte[] value) in data.Pairs)
        {
            lines.Append(key).Append(' ').Append(Encoding.UTF8.GetString(value)).Append('\n');
        }

        return WriteKeys(directory, lines.ToString());
    }

    /// <summary>Writes a data file, and opens it.</summary>
    public static KeyFile WriteKeys(TemporaryDirectory directory, string lines) => KeyFile.Open(directory.Write("some.data", lines));
}
