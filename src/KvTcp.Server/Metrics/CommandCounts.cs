using KvTcp.Protocol;

namespace KvTcp.Server.Metrics;

/// <summary>
/// How many requests of each command all connections have sent, answered GETs left out: those are all others, and too many to be counted
/// together. Each processor counts for itself, so that none waits for another one's memory. Thread-safe.
/// </summary>
internal sealed class CommandCounts
{
    private const int Stripes = 8;

    // Two a slot, answered and refused.
    private readonly long[][] _stripes = [.. Enumerable.Range(0, Stripes).Select(static _ => new long[2 * CommandSlots.Count])];

    /// <summary>Counts a request that is no GET, or is answered with an error.</summary>
    /// <param name="slot">Its command's slot.</param>
    /// <param name="isRefused">Whether it is answered with an error.</param>
    public void Add(int slot, bool isRefused) =>
        Interlocked.Increment(ref _stripes[Thread.GetCurrentProcessorId() % Stripes][(2 * slot) + (isRefused ? 1 : 0)]);

    /// <summary>Requests by the name of their command: answered, and answered with an error.</summary>
    /// <param name="requests">All requests.</param>
    public IReadOnlyList<(string Name, long Answered, long Refused)> ByName(long requests)
    {
        Dictionary<string, (long Answered, long Refused)> commands = new(StringComparer.Ordinal);
        long counted = 0;
        for (int slot = 0; slot < CommandSlots.Count; slot++)
        {
            (long answered, long refused) = (Sum(2 * slot), Sum((2 * slot) + 1));
            (long Answered, long Refused) before = commands.GetValueOrDefault(CommandSlots.Names[slot]);
            commands[CommandSlots.Names[slot]] = (before.Answered + answered, before.Refused + refused);
            counted += answered + refused;
        }

        // Another thread may be between the two counts.
        string get = CommandSlots.Names[CommandSlots.Of(Command.Get)];
        commands[get] = (Math.Max(0, requests - counted), commands[get].Refused);
        return [.. commands.Select(static command => (command.Key, command.Value.Answered, command.Value.Refused))];
    }

    private long Sum(int place) => _stripes.Sum(stripe => Volatile.Read(ref stripe[place]));
}
