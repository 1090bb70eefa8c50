using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Reloading;

/// <summary>Two sources: what was refused or rolled back of one is not loaded along with something new of the other.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class UnwantedVersionTests : IDisposable
{
    private readonly ScriptedSource _first = new("first") { Text = ScriptedSource.Pairs("one") };
    private readonly ScriptedSource _second = new("second") { Text = ScriptedSource.OtherPair("one") };

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Test]
    public async Task Rolled_back_version_waits_for_a_new_one_of_its_source()
    {
        await using ReloadingServer server = await LoadAsync();
        _first.Text = ScriptedSource.Pairs("rubbish");
        Assert.That((await server.RefreshAsync()).Result, Is.EqualTo(ReloadResult.Done));
        await server.RollBackAsync();

        _second.Text = ScriptedSource.OtherPair("two");
        int fetches = _first.Fetches;
        Assert.That((await server.RefreshAsync()).Reason, Does.StartWith("first still holds what was refused or rolled back"));
        Assert.That(_first.Fetches, Is.EqualTo(fetches + 1), "it is asked, and not downloaded");
        Assert.That(Values(server), Is.EqualTo(("one", "one")));
        Assert.That((await server.RefreshAsync()).Result, Is.EqualTo(ReloadResult.Unchanged), "it is said once");

        _first.Text = ScriptedSource.Pairs("three");
        Assert.That((await server.RefreshAsync()).Result, Is.EqualTo(ReloadResult.Done));
        Assert.That(Values(server), Is.EqualTo(("three", "two")));
    }

    [Test]
    public async Task Refused_version_waits_for_a_new_one_of_its_source()
    {
        await using ReloadingServer server = await LoadAsync();
        _first.Text = "bad\n";
        Assert.That((await server.RefreshAsync()).Reason, Does.StartWith("first:1: "));
        _second.Text = ScriptedSource.OtherPair("two");
        Assert.That((await server.RefreshAsync()).Reason, Does.StartWith("first still holds what was refused or rolled back"));
        _first.Text = ScriptedSource.Pairs("good");
        Assert.That((await server.RefreshAsync()).Result, Is.EqualTo(ReloadResult.Done));
        Assert.That(Values(server), Is.EqualTo(("good", "two")));
    }

    [Test]
    public async Task Version_that_came_along_with_a_bad_one_is_not_to_blame()
    {
        await using ReloadingServer server = await LoadAsync();
        (_first.Text, _second.Text) = ("bad\n", ScriptedSource.OtherPair("two"));
        Assert.That((await server.RefreshAsync()).Reason, Does.StartWith("first:1: "));
        _first.Text = ScriptedSource.Pairs("good");
        Assert.That((await server.RefreshAsync()).Result, Is.EqualTo(ReloadResult.Done), "the other one has not changed since");
        Assert.That(Values(server), Is.EqualTo(("good", "two")));
    }

    [Test]
    public async Task Unwanted_version_is_loaded_by_hand()
    {
        await using ReloadingServer server = await LoadAsync();
        _first.Text = ScriptedSource.Pairs("rubbish after all");
        await server.RefreshAsync();
        await server.RollBackAsync();
        _second.Text = ScriptedSource.OtherPair("two");
        Assert.That((await server.ReloadAsync()).Result, Is.EqualTo(ReloadResult.Done));
        Assert.That(Values(server), Is.EqualTo(("rubbish after all", "two")));
        _second.Text = ScriptedSource.OtherPair("three");
        Assert.That((await server.RefreshAsync()).Result, Is.EqualTo(ReloadResult.Done), "it is wanted now");
    }

    [Test]
    public async Task File_that_was_rolled_back_waits_too()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("first.data", ScriptedSource.Pairs("one"));
        await using ReloadingServer server = await ReloadingServer.LoadAsync([new FileSource(path), _second]);
        File.WriteAllText(path, ScriptedSource.Pairs("rubbish"));
        await server.ReloadAsync();
        await server.RollBackAsync();
        _second.Text = ScriptedSource.OtherPair("two");
        Assert.That((await server.RefreshAsync()).Reason, Does.StartWith($"{path} still holds what was refused or rolled back"));
        Assert.That(Values(server), Is.EqualTo(("one", "one")));
    }

    private Task<ReloadingServer> LoadAsync() => ReloadingServer.LoadAsync([_first, _second]);

    private static (string? First, string? Second) Values(ReloadingServer server) => (server.Value(0), server.Value(1000));
}
