using System.Globalization;
using System.Net;
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
        foreach ((Replica replica, string name) in _replicas.Zip(["KVTCP_A", "KVTCP_B", "KVTCP_C"]))
        {
            environment[name] = replica.Address;
            environment[$"{name}_HTTP"] = replica.HttpPort;
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
            _replicas[0].Server.Signal(SigKill);
            await _replicas[0].Server.EndAsync();
        });
        Assert.That(counts.Errors + counts.Mismatches + counts.Timeouts, Is.Zero);
        Assert.That(counts.Reconnects, Is.InRange(1, Connections), "the connections of one replica, each once");
        Assert.That(counts.Lost, Is.InRange(0, Connections * Depth));
    }

    [Test]
    public async Task Drained_replica_closes_its_connections_and_new_ones_go_to_the_others()
    {
        CountsDocument counts = await UnderLoadAsync(async () =>
        {
            _replicas[1].Server.Signal(SigTerm);
            Assert.That((await _replicas[1].Server.EndAsync()).ExitCode, Is.Zero);
        });
        Assert.That(counts.Errors + counts.Mismatches + counts.Timeouts, Is.Zero);
        Assert.That(counts.Reconnects, Is.InRange(1, Connections));
        Assert.That(counts.Lost, Is.InRange(0, Connections * Depth));
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
            await Patience.UntilAsync(async () => await replica.HitsAsync() > now + 2_000, "requests are answered");
        }
    }

    /// <summary>A server of the test: the process, and where it is reached.</summary>
    private sealed record Replica(ProcessRun Server, string Address, string HttpPort, string AdminPath) : IDisposable
    {
        public static async Task<Replica> StartAsync(string data, string adminPath)
        {
            ProcessRun server = ProcessRun.Start(
                KvTcpProgram.Path,
                ["serve", "--data", data, "--http", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--listen", $"unix:{adminPath}"]);
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
