using System.Collections.Concurrent;
using KvTcp.Server;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>
/// Many swaps under steady load. Each value carries its key's number and the generation of its dataset, so that a wrong answer, a
/// mixed one, or one from the past shows.
/// </summary>
[TestFixture]
public class SwapTests
{
    private const int Swaps = 150;
    private const int Connections = 50;
    private const int Pairs = 100;
    private const int Depth = 16;

    /// <summary>Makes the reply to an MGET longer than what a drain writes, so that it is under way while datasets are swapped.</summary>
    private static readonly string Padding = new('x', 1 + (RequestDispatcher.MaxOutput / Depth));

    [Test]
    public async Task Swaps_under_load_drop_no_connection_and_mix_no_answer()
    {
        ScriptedSource source = new() { Text = Generation(0) };
        await using ReloadingServer server = await ReloadingServer.StartAsync([source]);
        ConcurrentBag<Dataset> datasets = [server.Datasets.Current!.Dataset];
        using CancellationTokenSource isOver = new();
        Task<long>[] clients = [.. Enumerable.Range(0, Connections).Select(i => Task.Run(() => AskAsync(server, i, isOver.Token)))];
        for (int generation = 1; generation <= Swaps; generation++)
        {
            source.Text = Generation(generation);
            Assert.That((await server.ReloadAsync()).Result, Is.EqualTo(ReloadResult.Done));
            datasets.Add(server.Datasets.Current!.Dataset);
        }

        await isOver.CancelAsync();
        long[] answered = await Task.WhenAll(clients).WaitAsync(Patience.Limit);
        Assert.That(answered, Has.All.GreaterThan(0));
        using LineClient last = await server.ConnectAsync();
        IReadOnlyDictionary<string, string> stats = await last.StatsAsync();
        Assert.That((stats["connections_accepted"], stats["reloads_done"]), Is.EqualTo(($"{Connections + 1}", $"{Swaps}")));
        await Patience.UntilAsync(
            () => Task.FromResult(datasets.Count(static dataset => !dataset.IsFreed) == 2), "only the current dataset and the previous one are in memory");
    }

    private static string Generation(int generation) => ScriptedSource.Pairs(Enumerable.Range(0, Pairs).Select(i => $"{i} {generation} {Padding}"));

    /// <summary>Asks until it is over; fails at the first answer that is not right.</summary>
    private static async Task<long> AskAsync(ReloadingServer server, int connection, CancellationToken isOver)
    {
        using LineClient client = await server.ConnectAsync();
        int[] numbers = [.. Enumerable.Range(0, Depth).Select(i => (connection + (i * 7)) % Pairs)];
        string gets = string.Concat(numbers.Select(static number => $"GET {TestDataset.Key(number)}\n"));
        string mget = $"MGET {string.Join(' ', numbers.Select(TestDataset.Key))}\n";
        int last = 0;
        long answered = 0;
        while (!isOver.IsCancellationRequested)
        {
            await client.SendAsync(gets + mget);
            foreach (int number in numbers)
            {
                last = Check(await client.ReadLineAsync(), number, last);
            }

            Assert.That(await client.ReadLineAsync(), Is.EqualTo($"LINES {Depth}"));
            int generation = last = Check(await client.ReadLineAsync(), numbers[0], last);
            foreach (int number in numbers.AsSpan(1).ToArray())
            {
                Assert.That(Check(await client.ReadLineAsync(), number, last), Is.EqualTo(generation), "an MGET is answered from one dataset");
            }

            answered += 2 * Depth;
        }

        return answered;
    }

    /// <summary>Checks a reply.</summary>
    /// <returns>Its generation.</returns>
    private static int Check(string reply, int number, int oldest)
    {
        string[] words = reply.Split(' ');
        Assert.That(words, Has.Length.EqualTo(4), reply);
        Assert.That((words[0], words[1], words[3]), Is.EqualTo(("OK", number.ToString(), Padding)), reply);
        int generation = int.Parse(words[2]);
        Assert.That(generation, Is.InRange(oldest, Swaps), "no answer is older than one before it on its connection");
        return generation;
    }
}
