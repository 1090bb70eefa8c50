using System.Diagnostics;
using System.Text;
using KvTcp.Client;
using KvTcp.Fuzz;

namespace KvTcp.Soak;

/// <summary>Clients that come over TLS with the .NET client, ask for a few keys, and leave.</summary>
/// <param name="around">What they know; the address is the one of TLS.</param>
/// <param name="certificates">What the server may show.</param>
/// <param name="pause">How long each waits on average before it comes again.</param>
internal sealed class TlsVisitors(Surroundings around, SoakCertificates certificates, TimeSpan pause) : Population("visitors over TLS", around, Answered)
{
    private const string Answered = "answered";
    private const int MostKeys = 5;

    /// <inheritdoc/>
    protected override async Task VisitAsync(InputRandom random, CancellationToken stop)
    {
        await Task.Delay(pause * (random.Below(2000) / 1000d), stop);
        int[] keys = Around.Generations.Pairs.Draw(random, 1 + random.Below(MostKeys));
        await using KvClient client = KvClient.Start(Around.ClientOptions with { Tls = certificates.Trust });
        long sent = Stopwatch.GetTimestamp();
        byte[]?[] values = await client.GetManyAsync(keys.Select(Around.Generations.Pairs.Key).ToArray(), stop);
        if (Around.Generations.FaultIn(keys, [.. values.Select(static value => value is null ? null : Encoding.UTF8.GetString(value))], sent) is string fault)
        {
            AddWrong(fault);
        }

        Count(Answered);
    }
}
