using System.Text;
using KvTcp.Fuzz;

namespace KvTcp.Soak;

/// <summary>Clients that begin a request over HTTP whose body never comes whole: they reset, they close, or they go silent until the server closes.</summary>
/// <param name="around">What they know; the address is the one of HTTP.</param>
/// <param name="deadline">How long the server bears a body that comes too slowly.</param>
/// <param name="pause">How long each waits on average before it breaks off.</param>
internal sealed class UnfinishedBodies(Surroundings around, TimeSpan deadline, TimeSpan pause)
    : Population("unfinished bodies over HTTP", around, Reset, Closed, TimedOut)
{
    private const string Reset = "reset";
    private const string Closed = "closed";
    private const string TimedOut = "closed by the server (TIMEOUT)";

    /// <summary>Less than what makes up, at the rate that the server asks for, the time of its deadline.</summary>
    private const int MostSent = 400;

    /// <inheritdoc/>
    protected override async Task VisitAsync(InputRandom random, CancellationToken stop)
    {
        string head = $"POST /v1/keys HTTP/1.1\r\nHost: {Around.Server}\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n";
        string body = $$"""{"keys":["{{new string('a', random.Below(MostSent))}}""";
        using LineSocket socket = await Around.ConnectAsync(stop);
        await socket.SendAsync(Encoding.ASCII.GetBytes(head + body), stop);
        int end = random.Below(3);
        if (end == 2)
        {
            await MissDeadlineAsync(
                deadline,
                TimedOut,
                async late =>
                {
                    await ReadToEndAsync(socket, Judge, late);
                    return false;
                },
                stop);
            return;
        }

        // By then the server waits for the rest.
        await Task.Delay(pause * (random.Below(2000) / 1000d), stop);
        if (end == 1)
        {
            socket.ResetAtEnd();
        }

        Count(end == 1 ? Reset : Closed);
    }

    private void Judge(string line)
    {
        if (line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) && !line.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal))
        {
            AddWrong($"'{line.TrimEnd()}' for half a request");
        }
    }
}
