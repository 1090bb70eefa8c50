using System.Globalization;
using System.Net;
using System.Net.Sockets;
using KvTcp.LoadGen;
using KvTcp.Tests.LoadGen.Command;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>
/// Three servers behind HAProxy as <c>deploy/haproxy/haproxy.cfg</c> has it, under load. What clients see is what docs/scaling.md says.
/// </summary>
[TestFixture]
public sealed class HaproxyTests
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int Connections = 9;
    private const int Depth = 4;

    /// <summary>What HAProxy calls the replicas.</summary>
    private const string Names = "abc";

    private TemporaryDirectory _directory = null!;
    private List<Replica> _replicas = null!;
    private ProcessRun _haproxy = null!;
    private string _data = null!;

    private string Address => $"unix:{_directory.PathOf("bind.sock")}";

    [SetUp]
    public async Task StartThreeReplicasAsync()
    {
        _directory = new TemporaryDirectory();
        _data = _directory.PathOf("some.data");
        await KvTcpProgram.RunAsync("generate", "--count", "1000", "-o", _data);
        _replicas = [];
        for (int i = 0; i < 3; i++)
        {
            _replicas.Add(await Replica.StartAsync(_data, _directory.PathOf($"admin-{i}.sock")));
        }

        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["KVTCP_BIND"] = $"unix@{_directory.PathOf("bind.sock")}" };
        foreach ((Replica replica, char name) in _replicas.Zip(Names.ToUpperInvariant()))
        {
            environment[$"KVTCP_{name}"] = replica.Address;
            environment[$"KVTCP_{name}_HTTP"] = replica.HttpPort;
        }

        _haproxy = ProcessRun.Start("haproxy", ["-f", Repository.PathOf("deploy/haproxy/haproxy.cfg"), "-db"], environment: environment);
        await Patience.UntilAsync(() => Task.FromResult(File.Exists(_directory.PathOf("bind.sock"))), "haproxy listens");
    }

    [TearDown]
    public void StopAll()
    {
        _haproxy.Dispose();
        _replicas.ForEach(static replica => replica.Dispose());
        _directory.Dispose();
    }

    [Test]
    public async Task Killed_replica_costs_what_was_in_flight_on_its_connections_and_no_more()
    {
        CountsDocument counts = await UnderLoadAsync(async () =>
        {
            await EndAsync(0, SigKill);
        });
        AssertNothingIsLostButInFlight(counts, ends: 1);
    }

    [Test]
    public async Task Drained_replica_closes_its_connections_and_new_ones_go_to_the_others()
    {
        CountsDocument counts = await UnderLoadAsync(async () =>
        {
            await EndAsync(1, SigTerm);
        });
        AssertNothingIsLostButInFlight(counts, ends: 1);
    }

    [Test]
    public async Task Killed_replica_that_is_started_again_is_given_its_share_again()
    {
        CountsDocument counts = await UnderLoadAsync(async () =>
        {
            await EndAsync(0, SigKill);
            await StartAgainAsync(0);

            // Its connections go where the fewest are, which is the replica that has come back; every one that runs then has to answer.
            await EndAsync(1, SigKill);
        });
        AssertNothingIsLostButInFlight(counts, ends: 2);
    }

    [Test]
    public async Task Replicas_restarted_one_after_the_other_cost_what_was_in_flight_on_the_connections_of_each_and_no_more()
    {
        CountsDocument counts = await UnderLoadAsync(async () =>
        {
            for (int i = 0; i < _replicas.Count; i++)
            {
                await EndAsync(i, SigTerm);
                await StartAgainAsync(i);
            }

            // Its connections go to the one that was started last, which has none yet and has to answer like the others.
            await EndAsync(0, SigTerm);
        });
        AssertNothingIsLostButInFlight(counts, ends: _replicas.Count + 1);
    }

    [Test]
    public async Task New_dataset_taken_over_by_one_replica_after_the_other_costs_nothing()
    {
        CountsDocument counts = await UnderLoadAsync(async () =>
        {
            // The pairs of the load, and one more that tells the datasets apart.
            string next = _directory.Write("next.data", $"{await File.ReadAllTextAsync(_data)}{TestDataset.Missing(0)} new\n");
            File.Move(next, _data, overwrite: true);
            foreach (Replica replica in _replicas)
            {
                ProcessResult reload = await KvTcpProgram.RunAsync("reload", "--server", $"unix:{replica.AdminPath}");
                Assert.That(reload.ExitCode, Is.Zero, reload.Error);
            }
        });
        Assert.That(counts, Is.EqualTo(new CountsDocument(counts.Requests, counts.Requests, 0, 0, 0, 0, 0, 0, 0)), "hits and nothing else");
        ProcessResult added = await KvTcpProgram.RunAsync("get", "--server", Address, TestDataset.Missing(0).ToString());
        Assert.That(added.Output, Does.Contain("new"));
    }

    private async Task EndAsync(int index, int signal)
    {
        ProcessRun server = _replicas[index].Server;
        server.Signal(signal);
        ProcessResult end = await server.EndAsync();
        Assert.That(end.ExitCode, Is.EqualTo(signal == SigTerm ? 0 : 128 + signal), end.Error);
    }

    /// <summary>Starts a replica that has ended at its old addresses, and waits until HAProxy gives it a new connection.</summary>
    /// <remarks>
    /// Where HAProxy has not yet noticed the end, it may give the replica a connection, and then take it for down for what it has answered
    /// while it loaded.
    /// </remarks>
    private async Task StartAgainAsync(int index)
    {
        await _haproxy.WaitForErrorLineAsync($"Server kvtcp/{Names[index]} is DOWN");
        _replicas[index].Dispose();
        await ListeningPort.UntilFreeAsync(IPEndPoint.Parse(_replicas[index].Address));
        Replica replica = await _replicas[index].StartAgainAsync(_data);
        _replicas[index] = replica;
        await _haproxy.WaitForErrorLineAsync($"Server kvtcp/{Names[index]} is UP");
        string key = (await File.ReadAllTextAsync(_data))[..36];
        await Patience.UntilAsync(
            async () =>
            {
                using LineClient client = await LineClient.ConnectAsync(new UnixDomainSocketEndPoint(_directory.PathOf("bind.sock")));
                Assert.That(await client.AskAsync($"GET {key}"), Does.StartWith("OK "), "nobody notices who answers");
                return await replica.HitsAsync() > 0;
            },
            "the replica is given a new connection");
    }

    private static void AssertNothingIsLostButInFlight(CountsDocument counts, int ends)
    {
        Assert.That(counts.Errors + counts.Mismatches + counts.Timeouts + counts.Misses, Is.Zero);
        Assert.That(counts.Reconnects, Is.InRange(ends, ends * Connections), "the connections of each replica that ended, each once");
        Assert.That(counts.Lost, Is.InRange(0, counts.Reconnects * Depth));
    }

    /// <summary>Does something while load runs through HAProxy, and some time before and after.</summary>
    private async Task<CountsDocument> UnderLoadAsync(Func<Task> act)
    {
        string keys = _directory.PathOf("keys.data");
        File.Copy(_data, keys);
        using ProcessRun load = ProcessRun.Start(
            LoadGenProgram.Path,
            [
                "--data", keys, "--server", Address, "--connections", $"{Connections}", "--depth", $"{Depth}", "--duration", "1h", "--warm-up", "0",
                "--verify", "--json", "-",
            ]);
        await AnsweredAsync();
        await act();
        await AnsweredAsync();
        load.Signal(2);
        ProcessResult result = await load.EndAsync();
        Assert.That(result.Output, Does.StartWith("{"), result.Error);
        return DrivenServer.Parse(result.Output).Runs.Single().Counts;
    }

    /// <summary>Waits until all replicas that still run have answered some thousand requests more.</summary>
    private async Task AnsweredAsync()
    {
        foreach (Replica replica in _replicas.Where(static replica => !replica.Server.HasEnded))
        {
            long now = await replica.HitsAsync();
            await Patience.UntilAsync(
                async () => await replica.HitsAsync() > now + 2_000, $"replica {Names[_replicas.IndexOf(replica)]} has answered requests");
        }
    }

    /// <summary>A server of the test: the process, and where it is reached.</summary>
    private sealed record Replica(ProcessRun Server, string Address, string HttpPort, string AdminPath) : IDisposable
    {
        public static Task<Replica> StartAsync(string data, string adminPath) => StartAsync(data, adminPath, "127.0.0.1:0", "0");

        public Task<Replica> StartAgainAsync(string data) => StartAsync(data, AdminPath, Address, HttpPort);

        private static async Task<Replica> StartAsync(string data, string adminPath, string listen, string httpPort)
        {
            ProcessRun server = ProcessRun.Start(
                KvTcpProgram.Path,
                ["serve", "--data", data, "--http", $"127.0.0.1:{httpPort}", "--listen", listen, "--listen", $"unix:{adminPath}"]);
            string http = await KvTcpProgram.HttpAddressAsync(server);
            string address = await KvTcpProgram.AddressAsync(server);
            return new Replica(server, address, http[(http.LastIndexOf(':') + 1)..], adminPath);
        }

        public async Task<long> HitsAsync()
        {
            using LineClient client = await LineClient.ConnectAsync(IPEndPoint.Parse(Address));
            return long.Parse((await client.StatsAsync())["key_hits"], CultureInfo.InvariantCulture);
        }

        public void Dispose() => Server.Dispose();
    }
}
