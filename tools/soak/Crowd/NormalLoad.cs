using System.Net;
using System.Text.Json;
using KvTcp.Cli;
using KvTcp.Compare;
using KvTcp.LoadGen;

namespace KvTcp.Soak;

/// <summary>
/// The clients that behave: the load generator as a process of its own, so that nothing the crowd does within its process counts as the
/// server's latency.
/// </summary>
/// <param name="plan">The rate, the connections and the time.</param>
/// <param name="server">The server.</param>
/// <param name="dataFile">What the server was loaded with; each reply is compared with it.</param>
internal sealed class NormalLoad(CrowdPlan plan, EndPoint server, string dataFile)
{
    /// <summary>By then the load generator's code is compiled, which takes processor time on the server's cores.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    /// <summary>Measures once.</summary>
    /// <param name="stop">Ends it, with an exception.</param>
    /// <returns>What the load generator reports.</returns>
    /// <exception cref="CommandException">It has nothing to report.</exception>
    public async Task<RunDocument> MeasureAsync(CancellationToken stop)
    {
        string[] command = [.. await PriorityAsync(stop), plan.LoadProgram];
        ProgramEnd end = await Subprocess.RunAsync(
            command[0],
            [
                .. command[1..],
                "--data", dataFile,
                "--server", $"{server}",
                "--connections", $"{plan.Connections}",
                "--rate", $"{plan.Rate}",
                "--warm-up", ValueParsers.Text(WarmUp),
                "--duration", ValueParsers.Text(plan.Duration),
                "--verify",
                "--json", "-",
            ],
            stop);

        // It ends with an error also when it has measured what must not be, which the report says better.
        return end.Output.Length > 0
            ? JsonSerializer.Deserialize(end.Output, ReportJson.Default.ReportDocument)!.Runs[0]
            : throw new CommandException(ExitCode.Unavailable, $"the load generator has ended with {end.ExitCode}: {end.LastLine}");
    }

    /// <summary>
    /// It shares cores with the crowd, those of this process, and has to keep its schedule there: what it waits for is to be the server, not a turn of
    /// its own. Without the right to that its report tells how late it was itself.
    /// </summary>
    private static async Task<IEnumerable<string>> PriorityAsync(CancellationToken stop)
    {
        string[] first = ["chrt", "--fifo", "1"];
        ProgramEnd end = await Subprocess.RunAsync(first[0], [.. first[1..], "true"], stop);
        return end.ExitCode == 0 ? first : [];
    }
}
