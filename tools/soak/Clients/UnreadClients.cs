using System.Text;
using KvTcp.Fuzz;

namespace KvTcp.Soak;

/// <summary>Clients that ask for long values for ever, and read none. The server stops reading them, and resets them.</summary>
/// <param name="around">What they know.</param>
/// <param name="deadline">The server's deadline for replies that are not taken.</param>
internal sealed class UnreadClients(Surroundings around, TimeSpan deadline) : Population("clients that never read", around, Reset)
{
    private const string Reset = "reset by the deadline (TIMEOUT)";
    private const int SmallBuffer = 4096;
    private const int Requests = 100;

    private readonly byte[] _requests = Encoding.ASCII.GetBytes(
        string.Concat(Enumerable.Repeat($"GET {around.Generations.Pairs.Key(KnownPairs.Long)}\n", Requests)));

    /// <inheritdoc/>
    protected override async Task VisitAsync(InputRandom random, CancellationToken stop)
    {
        using LineSocket socket = await Around.EnterAsync(stop, SmallBuffer);
        await MissDeadlineAsync(
            deadline,
            Reset,
            async late =>
            {
                for (; ; )
                {
                    await socket.SendAsync(_requests, late);
                }
            },
            stop);
    }
}
