using System.Diagnostics;
using System.Text;
using KvTcp.Fuzz;

namespace KvTcp.Soak;

/// <summary>Clients that send a request a byte at a time. Those too slow for the server's first deadline are closed by it, the others are answered.</summary>
/// <param name="around">What they know.</param>
/// <param name="deadline">The server's deadline for the first request.</param>
/// <param name="slowest">The longest wait between two bytes.</param>
internal sealed class SlowClients(Surroundings around, TimeSpan deadline, TimeSpan slowest) : Population("slow clients", around, Answered, Closed)
{
    private const string Answered = "answered";
    private const string Closed = "closed by the first deadline (TIMEOUT)";

    /// <inheritdoc/>
    protected override async Task VisitAsync(InputRandom random, CancellationToken stop)
    {
        int[] key = Around.Generations.Pairs.Draw(random, 1);
        byte[] request = Encoding.ASCII.GetBytes($"{Around.Greeting}GET {Around.Generations.Pairs.Key(key[0])}\n");
        TimeSpan wait = slowest * (random.Below(1000) / 1000d);
        using LineSocket socket = await Around.ConnectAsync(stop);
        await MissDeadlineAsync(
            deadline,
            Closed,
            async late =>
            {
                long sent = 0;
                int first = Array.IndexOf(request, (byte)'\n');
                for (int i = 0; i < request.Length; i++)
                {
                    // What comes behind the first request has no such deadline.
                    CancellationToken limit = i <= first ? late : stop;
                    await Task.Delay(wait, limit);
                    sent = Stopwatch.GetTimestamp();
                    await socket.SendAsync(request.AsMemory(i, 1), limit);
                }

                await Around.ReadWelcomeAsync(socket, stop);
                if (await socket.ReadLineAsync(stop) is not string reply)
                {
                    return false;
                }

                ReplyCheck.Check(Around, "slow clients", key, [reply], sent);
                Count(Answered);
                return true;
            },
            stop);
    }
}
