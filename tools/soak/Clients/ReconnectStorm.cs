namespace KvTcp.Soak;

/// <summary>Many clients that all connect in one moment, are answered, and reset their connections, over and over.</summary>
/// <param name="around">What they know.</param>
/// <param name="pause">How long they wait between.</param>
internal sealed class ReconnectStorm(Surroundings around, TimeSpan pause)
{
    private const string Name = "reconnect storm";
    private const string Answered = $"{Name}: answered";

    private static readonly byte[] Request = "PING\n"u8.ToArray();

    /// <summary>Storms.</summary>
    /// <param name="count">How many clients.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(int count, CancellationToken stop)
    {
        around.Findings.Expect(Answered);
        while (!stop.IsCancellationRequested)
        {
            await Task.WhenAll(Enumerable.Range(0, count).Select(
                _ => Task.Run(() => around.Findings.TryAsync(Name, () => VisitAsync(stop), stop), CancellationToken.None)));
            await Task.Delay(pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task VisitAsync(CancellationToken stop)
    {
        using LineSocket socket = await around.ConnectAsync(stop);
        await socket.SendAsync(Request, stop);
        string? reply = await socket.ReadLineAsync(stop);
        socket.ResetAtEnd();
        switch (reply)
        {
            case "OK PONG":
                around.Findings.Count(Answered);
                break;
            case string when reply.StartsWith("ERR BUSY", StringComparison.Ordinal):
                around.Findings.Count($"{Name}: refused at the limit of connections (LIMIT)");
                break;
            default:
                around.Findings.AddWrong($"{Name}: {reply ?? "a close"} instead of OK PONG");
                break;
        }
    }
}
