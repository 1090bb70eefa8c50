using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using KvTcp.Cli;
using KvTcp.Compare;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Compare;

/// <summary>Real servers: this one, and the Redis that <c>./run.sh test</c> installs.</summary>
[TestFixture]
[Alone]
public class RunningPeerTests
{
    private const int Pairs = 20_000;

    private WorkFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new WorkFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase("kvtcp")]
    [TestCase("redis")]
    public async Task A_server_that_is_loaded_has_all_pairs_and_its_end_leaves_nothing(string name)
    {
        PeerLaunch launch = await LaunchAsync();
        RunningPeer server = await StartMeasurement.StartLoadedAsync(Find(name), launch, CancellationToken.None);
        using Process process = Process.GetProcessById(server.Processes[0]);
        using (server)
        {
            Assert.That(await server.CountAsync(CancellationToken.None), Is.EqualTo(Pairs));
            Assert.That(server.TimeToFirstReply, Is.GreaterThan(TimeSpan.Zero));
            Assert.That(await server.ResidentAsync(CancellationToken.None), Is.GreaterThan(Pairs * 36), "that much is the keys alone");
        }

        Assert.That(process.WaitForExit(Patience.Limit), Is.True);
        Assert.That(() => server.CountAsync(CancellationToken.None), Throws.InstanceOf<SocketException>());
    }

    [TestCase("kvtcp")]
    [TestCase("redis")]
    public async Task StartMeasurement_tells_a_server_without_data_from_one_with(string name)
    {
        string empty = await _folder.GenerateAsync(0, CancellationToken.None);
        StartResult result = await StartMeasurement.RunAsync(Find(name), 1, await LaunchAsync(), empty, CancellationToken.None);
        Assert.That((result.Server, result.Round), Is.EqualTo((name, 1)));
        Assert.That(result.EmptySeconds, Is.Positive);
        Assert.That(result.EmptyBytes, Is.Positive);
        Assert.That(result.LoadedBytes, Is.Positive.And.Not.EqualTo(result.EmptyBytes));
    }

    [Test]
    public async Task A_server_with_too_few_pairs_is_refused_and_ended()
    {
        PeerLaunch launch = await LaunchAsync();
        Assert.That(
            () => StartMeasurement.StartLoadedAsync(Find("kvtcp"), launch with { Pairs = Pairs + 1 }, CancellationToken.None),
            Throws.TypeOf<CommandException>().With.Message.EqualTo("it was given 20,001 pairs and has 20,000"));
        await ListeningPort.UntilFreeAsync(new IPEndPoint(IPAddress.Loopback, launch.Port));
    }

    [Test]
    public async Task A_server_that_ends_at_its_start_is_quoted()
    {
        PeerLaunch launch = await LaunchAsync();
        Assert.That(
            () => RunningPeer.StartAsync(Find("kvtcp"), launch with { DataFile = "missing.data" }, CancellationToken.None),
            Throws.TypeOf<CommandException>().With.Message.StartsWith("it ended with 66 at its start: kvtcp: missing.data"));
    }

    [Test]
    public async Task A_start_that_is_cancelled_ends_the_server()
    {
        PeerLaunch launch = await LaunchAsync();
        using CancellationTokenSource stop = new();
        Task<RunningPeer> starting = RunningPeer.StartAsync(new StubbornPeer(), launch, stop.Token);
        string marker = _folder.Root;
        await Patience.UntilAsync(() => Task.FromResult(Sleepers(marker).Length == 1), "the server runs");
        await stop.CancelAsync();
        Assert.That(async () => await starting, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Sleepers(marker), Is.Empty);
    }

    private async Task<PeerLaunch> LaunchAsync() => new(
        RunningPeer.FreePort(), CoreSplit.OfThisProcess().All, Pairs, await _folder.GenerateAsync(Pairs, CancellationToken.None), _folder.Root);

    private static Peer Find(string name) => Peer.All.Single(peer => string.Equals(peer.Name, name, StringComparison.Ordinal));

    private static string[] Sleepers(string folder) =>
        [.. ProcessFigures.Tree(Environment.ProcessId).Select(CommandLineOf).Where(line => line.Contains(folder, StringComparison.Ordinal))];

    private static string CommandLineOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            // It has ended since it was listed.
            return "";
        }
    }
}
