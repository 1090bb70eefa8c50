using System.Diagnostics;
using System.Text;
using KvTcp.Fuzz;

namespace KvTcp.Soak;

/// <summary>Clients that send a request a byte at a time. Those too slow for the server's first deadline are closed by it, the others are answered.</summary>
/// <param name="around">What they know.</param>
/// <param name="deadline">The server's deadline for the first request.</param>
/// <param name="slowest">The longest wait between two bytes.</param>
internal sealed class SlowClients(Surroundings around, TimeSpan deadline, TimeSpan slowest) : Population("slow clients", around)
{
    /// <summary>Deadlines are looked at once a second.</summary>
    private static readonly TimeSpan Grain = TimeSpan.FromSeconds(1.1);

    /// <inheritdoc/>
    protected override async Task VisitAsync(InputRandom random, CancellationToken stop)
    {
        int[] key = Around.Generations.Pairs.Draw(random, 1);
        byte[] request = Encoding.ASCII.GetBytes($"{Around.Greeting}GET {Around.Generations.Pairs.Key(key[0])}\n");
        TimeSpan wait = slowest * (random.Below(1000) / 1000d);
        long connected = Stopwatch.GetTimestamp();
        using LineSocket socket = await Around.ConnectAsync(stop);
        try
        {
            long sent = 0;
            for (int i = 0; i < request.Length; i++)
            {
                await Task.Delay(wait, stop);
                sent = Stopwatch.GetTimestamp();
                await socket.SendAsync(request.AsMemory(i, 1), stop);
            }

            await Around.ReadWelcomeAsync(socket, stop);
            string? reply = await socket.ReadLineAsync(stop);
            if (reply is not null)
            {
                ReplyCheck.Check(Around, "slow clients", key, [reply], sent);
                Count("answered");
                return;
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // Judged below.
        }

        if (Stopwatch.GetElapsedTime(connected) >= deadline - Grain)
        {
            Count("closed by the first deadline (TIMEOUT)");
        }
        else
        {
            AddWrong($"closed after {Stopwatch.GetElapsedTime(connected).TotalSeconds:0.0} s");
        }
    }
}
