using System.Diagnostics;
using System.Text;
using KvTcp.Fuzz;

namespace KvTcp.Soak;

/// <summary>Clients that connect, ask for a few keys, and leave in one of the ways there are.</summary>
/// <param name="name">What they are called.</param>
/// <param name="around">What they know.</param>
/// <param name="pause">How long each waits on average before it comes again.</param>
internal sealed class Visitors(string name, Surroundings around, TimeSpan pause) : Population(name, around, Answered)
{
    private const string Answered = "answered";
    private const int MostKeys = 5;

    private readonly string _name = name;

    /// <inheritdoc/>
    protected override async Task VisitAsync(InputRandom random, CancellationToken stop)
    {
        await Task.Delay(pause * (random.Below(2000) / 1000d), stop);
        int[] keys = Around.Generations.Pairs.Draw(random, 1 + random.Below(MostKeys));
        int end = random.Below(4);
        string requests = string.Concat(keys.Select(key => $"GET {Around.Generations.Pairs.Key(key)}\n")) + (end == 0 ? "QUIT\n" : "");
        using LineSocket socket = await Around.EnterAsync(stop);
        long sent = Stopwatch.GetTimestamp();
        await socket.SendAsync(Encoding.ASCII.GetBytes(requests), stop);
        if (end == 1)
        {
            socket.EndSending();
        }

        foreach (int key in keys)
        {
            string reply = await socket.ReadLineAsync(stop) ?? throw new EndOfStreamException("the server closed before it had answered");
            ReplyCheck.Check(Around, _name, [key], [reply], sent);
        }

        Count(Answered);
        if (end == 0 && await socket.ReadLineAsync(stop) is not "OK BYE")
        {
            AddWrong("QUIT was not answered");
        }

        if (end <= 1 && await socket.ReadLineAsync(stop) is string more)
        {
            AddWrong($"'{more}' instead of a close");
        }

        if (end == 2)
        {
            socket.ResetAtEnd();
        }
    }
}
