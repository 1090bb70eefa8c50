using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Engine;

/// <summary>A data file that doesn't match the server.</summary>
public sealed class VerifyTests
{
    private static readonly string Key1 = TestDataset.Key(1).ToString();
    private static readonly string Key2 = TestDataset.Key(2).ToString();

    [Test]
    public async Task A_value_that_differs_is_told_with_key_expected_and_got()
    {
        using StubServer server = StubServer.OfLines(static (_, _) => "OK two\n");
        LoadResult result = await RunAsync(server, $"{Key1} one\n", new KeyChoice());
        Assert.That(result.Counts, Is.EqualTo(new LoadCounts(20, 20, 0, 0, 0, 0, Mismatches: 20)));
        Assert.That(result.MismatchSamples, Has.Count.EqualTo(10).And.All.EqualTo($"key {Key1}: expected 'one', got 'two'"));
    }

    [Test]
    public async Task A_value_that_is_missing_is_told()
    {
        using StubServer server = StubServer.OfLines(static (_, _) => "NOT_FOUND\n");
        LoadResult result = await RunAsync(server, $"{Key1} one\n", new KeyChoice());
        Assert.That(result.MismatchSamples, Is.Not.Empty.And.All.EqualTo($"key {Key1}: expected 'one', got no value"));
    }

    [Test]
    public async Task A_value_of_a_key_that_the_file_does_not_hold_is_told()
    {
        using StubServer server = StubServer.OfLines(static (_, _) => "OK one\n");
        LoadResult result = await RunAsync(server, $"{Key1} one\n", new KeyChoice(MissShare: 1));
        Assert.That(result.Counts.Mismatches, Is.EqualTo(20));
        Assert.That(result.MismatchSamples, Is.Not.Empty.And.All.Match("^key [0-9a-f-]{36}: expected no value, got 'one'$"));
    }

    [Test]
    public async Task A_long_value_is_told_in_short()
    {
        using StubServer server = StubServer.OfLines(static (_, _) => $"OK {new string('x', 1000)}\n");
        LoadResult result = await RunAsync(server, $"{Key1} one\n", new KeyChoice());
        Assert.That(result.MismatchSamples[0], Does.EndWith($"got '{new string('x', 100)}... (1000 bytes)'"));
    }

    [Test]
    public async Task The_last_of_the_lines_with_one_key_counts()
    {
        using StubServer server = StubServer.OfLines(static (_, _) => "OK new\n");
        LoadResult result = await RunAsync(server, $"{Key1} old\n{Key1} new\n", new KeyChoice());
        Assert.That((result.Counts.Hits, result.Counts.Mismatches), Is.EqualTo((20L, 0L)));
    }

    [Test]
    public async Task Memcached_values_are_compared_by_the_keys_they_name()
    {
        // Of two keys, the server knows the second only.
        using StubServer server = StubServer.OfLines(static (line, _) =>
            string.Concat(line.Split(' ')[1..].Where(static key => string.Equals(key, Key2, StringComparison.Ordinal)).Select(static key => $"VALUE {key} 0 3\r\ntwo\r\n")) + "END\r\n");
        LoadResult result = await RunAsync(
            server, $"{Key1} one\n{Key2} two\n", new KeyChoice(), WireProtocol.Memcached, keysPerRequest: 4);
        Assert.That(result.Counts.Hits + result.Counts.Misses, Is.EqualTo(80));
        Assert.That(result.Counts.Mismatches, Is.EqualTo(result.Counts.Misses).And.GreaterThan(0));
        Assert.That(result.MismatchSamples, Is.Not.Empty.And.All.EqualTo($"key {Key1}: expected 'one', got no value"));
    }

    [Test]
    public async Task A_memcached_value_of_another_key_is_told()
    {
        using StubServer server = StubServer.OfLines(static (_, _) => "VALUE other 0 1\r\nx\r\nEND\r\n");
        LoadResult result = await RunAsync(server, $"{Key1} one\n", new KeyChoice(), WireProtocol.Memcached);
        Assert.That(result.MismatchSamples, Does.Contain("a value of key 'other', which was not asked for"));
    }

    [Test]
    public async Task A_memcached_value_of_another_key_after_the_last_is_told()
    {
        using StubServer server = StubServer.OfLines(static (line, _) =>
            $"VALUE {line.Split(' ')[2]} 0 3\r\none\r\nVALUE other 0 1\r\nx\r\nEND\r\n");
        LoadResult result = await RunAsync(server, $"{Key1} one\n", new KeyChoice(), WireProtocol.Memcached, keysPerRequest: 2);
        Assert.That(result.Counts.Requests, Is.EqualTo(20));
        Assert.That(result.MismatchSamples, Does.Contain("a value of key 'other', which was not asked for"));
    }

    private static async Task<LoadResult> RunAsync(
        StubServer server, string lines, KeyChoice choice, WireProtocol protocol = WireProtocol.Line, int keysPerRequest = 1)
    {
        using TemporaryDirectory directory = new();
        using KeyFile keys = LoadRuns.WriteKeys(directory, lines);
        LoadPlan plan = LoadRuns.PlanFor(server.EndPoint) with
        {
            Count = 20,
            Verify = true,
            Keys = choice,
            Protocol = protocol,
            KeysPerRequest = keysPerRequest,
        };
        return await LoadRuns.RunAsync(plan, keys);
    }
}
