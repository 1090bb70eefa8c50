using System.Text.RegularExpressions;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

[Parallelizable(ParallelScope.All)]
public partial class StatsTests(TransportKind transport) : EveryTransport(transport)
{
    [Test]
    public async Task Names_are_those_of_the_table_in_the_protocol_document_in_its_order()
    {
        string table = Repository.ReadText("docs/protocol.md").Split("## STATS")[1];
        string[] documented = [.. table.Split('\n').Where(static row => row.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(static row => Name().Matches(row.Split('|')[1]).Select(static match => match.Groups["name"].Value))];
        Assert.That(documented, Has.Length.GreaterThan(15), "the table is found");

        await using RunningServer server = await StartAsync();
        Assert.That((await server.StatsAsync()).Keys, Is.EqualTo(documented));
    }

    [Test]
    public async Task Figures_are_exact()
    {
        await using RunningServer server = await StartAsync(data: TestDataset.WithValues("abc", "", "defgh"));
        string hit = TestDataset.Key(0).ToString();
        string miss = TestDataset.Missing(0).ToString();
        using (LineClient gone = await server.ConnectAsync())
        {
            await gone.SendAsync(
                $"GET {hit}\nGET {miss}\nGET x\n\nMGET {hit} {hit} {miss} x\nEXISTS {hit} {miss}\nEXISTS {hit} x\nNOSUCH\nPING x\nQUIT\n");
            Assert.That((await gone.ReadToEndAsync()).End, Is.EqualTo(ConnectionEnd.Closed));
        }

        using LineClient client = await server.ConnectAsync();
        await Patience.UntilAsync(async () => (await client.StatsAsync())["connections_open"] is "1", "the first connection is closed");
        IReadOnlyDictionary<string, string> before = await client.StatsAsync();
        Assert.That(await client.AskAsync($"GET {hit}"), Is.EqualTo("OK abc"));
        IReadOnlyDictionary<string, string> stats = await client.StatsAsync();

        Assert.That(stats["version"], Is.EqualTo(CommandReplies.ServerVersion));
        Assert.That(stats["transport"], Is.EqualTo(TransportName));
        Assert.That(stats["dataset_id"], Does.Match("^[0-9a-f]{16}$").And.EqualTo(server.Data.Dataset.Id.ToString()));
        Assert.That(stats["dataset_keys"], Is.EqualTo("3"));
        Assert.That(stats["dataset_source"], Is.EqualTo("test.data"));
        Assert.That(stats["dataset_value_bytes"], Is.EqualTo("8"));
        Assert.That(stats["key_hits"], Is.EqualTo("5"));
        Assert.That(stats["key_misses"], Is.EqualTo("3"));
        Assert.That(stats["key_errors"], Is.EqualTo("3"));
        Assert.That(stats["request_errors"], Is.EqualTo("2"));
        Assert.That(stats["connections_rejected"], Is.EqualTo("0"));
        Assert.That(stats["connections_timed_out"], Is.EqualTo("0"));
        Assert.That(long.Parse(stats["requests"]) - long.Parse(before["requests"]), Is.EqualTo(2), "GET and STATS itself");
        Assert.That(stats["connections_accepted"], Is.EqualTo(before["connections_accepted"]));
        Assert.That(stats["connections_open"], Is.EqualTo("1"));
    }

    [GeneratedRegex("`(?<name>[a-z_]+)`", RegexOptions.None, 10_000)]
    private static partial Regex Name();
}
