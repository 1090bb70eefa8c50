using KvTcp.Protocol;
using KvTcp.Server;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Reloading;

/// <summary>Reloads one after the other: which wait, which join, and what a rollback does.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ReloaderTests
{
    [Test]
    public async Task Reload_serves_what_the_source_holds_now()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.LoadAsync([source]);
        DatasetId first = server.Datasets.Current!.Dataset.Id;
        source.Text = ScriptedSource.Pairs("two", "three");
        ReloadOutcome outcome = await server.ReloadAsync();
        Assert.That((outcome.Result, outcome.Error), Is.EqualTo((ReloadResult.Done, (ErrorCode?)null)));
        Assert.That(outcome.DatasetId, Is.EqualTo(server.Datasets.Current!.Dataset.Id).And.Not.EqualTo(first));
        Assert.That((server.Value(0), server.Value(1)), Is.EqualTo(("two", "three")));
        Assert.That(server.Datasets.Previous!.Dataset.Id, Is.EqualTo(first));
    }

    [Test]
    public async Task Reload_of_the_same_pairs_leaves_the_dataset_to_roll_back_to()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.LoadAsync([source]);
        source.Text = ScriptedSource.Pairs("two");
        await server.ReloadAsync();
        source.Text = ScriptedSource.Pairs("two");
        ReloadOutcome again = await server.ReloadAsync();
        Assert.That((again.Result, again.Reason), Is.EqualTo((ReloadResult.Unchanged, $"dataset {again.DatasetId} again: the pairs are the same")));
        Assert.That((await server.RollBackAsync()).Result, Is.EqualTo(ReloadResult.RolledBack));
        Assert.That(server.Value(0), Is.EqualTo("one"));
    }

    [Test]
    public async Task Reloads_asked_for_while_one_runs_share_one_that_follows()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.LoadAsync([source]);
        TaskCompletionSource gate = Gate(source, out Task isFetching);
        source.Text = ScriptedSource.Pairs("two");
        Task<ReloadOutcome> running = server.ReloadAsync();
        await isFetching.WaitAsync(Patience.Limit);
        Assert.That(server.Reloader.State.IsRunning);

        Task<ReloadOutcome>[] later = [.. Enumerable.Range(0, 10).Select(_ => server.ReloadAsync())];
        source.OnFetch = static _ => Task.CompletedTask;
        gate.SetResult();
        Assert.That((await running).Result, Is.EqualTo(ReloadResult.Done));
        ReloadOutcome[] outcomes = await Task.WhenAll(later);
        Assert.That(outcomes.Distinct(), Has.One.Items, "ten requests, one outcome");
        Assert.That(source.Fetches, Is.EqualTo(3), "the first load, the one that ran, the one that followed");
        Assert.That(server.Reloader.State.IsRunning, Is.False);
    }

    [Test]
    public async Task Reload_asked_for_while_one_runs_sees_what_has_changed_since()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.LoadAsync([source]);
        TaskCompletionSource gate = Gate(source, out Task isFetching);
        Task<ReloadOutcome> running = server.ReloadAsync();
        await isFetching.WaitAsync(Patience.Limit);
        source.Text = ScriptedSource.Pairs("two");
        Task<ReloadOutcome> later = server.ReloadAsync();
        gate.SetResult();
        await running;
        await later;
        Assert.That(server.Value(0), Is.EqualTo("two"));
    }

    [Test]
    public async Task Rollback_returns_once_and_is_then_refused()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.LoadAsync([source]);
        Assert.That((await server.RollBackAsync()).Error, Is.EqualTo(ErrorCode.Refused), "there is nothing before the first dataset");
        DatasetId first = server.Datasets.Current!.Dataset.Id;
        source.Text = ScriptedSource.Pairs("two");
        await server.ReloadAsync();
        Dataset second = server.Datasets.Current!.Dataset;

        ReloadOutcome outcome = await server.RollBackAsync();
        Assert.That((outcome.Result, outcome.DatasetId), Is.EqualTo((ReloadResult.RolledBack, first)));
        Assert.That(server.Value(0), Is.EqualTo("one"));
        Assert.That(second.IsFreed);
        ReloadOutcome again = await server.RollBackAsync();
        Assert.That((again.Error, again.Reason), Is.EqualTo(((ErrorCode?)ErrorCode.Refused, "there is no previous dataset to return to")));
        Assert.That(server.Value(0), Is.EqualTo("one"));
    }

    [Test]
    public async Task Rollback_ends_the_reload_that_is_under_way_and_those_that_wait()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.LoadAsync([source]);
        source.Text = ScriptedSource.Pairs("two");
        await server.ReloadAsync();
        Gate(source, out Task isFetching);
        source.Text = ScriptedSource.Pairs("three");
        Task<ReloadOutcome> running = server.ReloadAsync();
        await isFetching.WaitAsync(Patience.Limit);
        Task<ReloadOutcome> waiting = server.ReloadAsync();
        Assert.That((await server.RollBackAsync()).Result, Is.EqualTo(ReloadResult.RolledBack));
        Assert.That((await running).Reason, Is.EqualTo("a rollback has ended the reload"));
        Assert.That((await waiting).Reason, Is.EqualTo("a rollback has ended the reload"));
        Assert.That(server.Value(0), Is.EqualTo("one"));

        source.OnFetch = static _ => Task.CompletedTask;
        Assert.That((await server.ReloadAsync()).Result, Is.EqualTo(ReloadResult.Done), "reloads work after that");
        Assert.That(server.Value(0), Is.EqualTo("three"));
    }

    [Test]
    public async Task Rollback_with_nothing_to_return_to_ends_the_reload_that_is_under_way()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.LoadAsync([source]);
        Gate(source, out Task isFetching);
        source.Text = ScriptedSource.Pairs("rubbish");
        Task<ReloadOutcome> running = server.ReloadAsync();
        await isFetching.WaitAsync(Patience.Limit);
        Assert.That((await server.RollBackAsync()).Reason, Is.EqualTo("there is no previous dataset to return to"));
        Assert.That((await running).Reason, Is.EqualTo("a rollback has ended the reload"));
        Assert.That(server.Value(0), Is.EqualTo("one"));
    }

    [Test]
    public async Task Rollback_at_the_moment_of_a_publish_returns_to_the_dataset_that_was_the_previous_one()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.LoadAsync([source]);
        source.Text = ScriptedSource.Pairs("bad");
        await server.ReloadAsync();
        source.Text = ScriptedSource.Pairs("three");

        // The rollback may end the reload before the source's thread has come back from asking for it.
        TaskCompletionSource<Task<ReloadOutcome>> asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        source.OnLoaded = () => asked.TrySetResult(server.Reloader.RollBackAsync());
        Assert.That((await server.ReloadAsync()).Reason, Is.EqualTo("a rollback has ended the reload"));
        Task<ReloadOutcome> rollback = await asked.Task.WaitAsync(Patience.Limit);
        Assert.That((await rollback.WaitAsync(Patience.Limit)).Result, Is.EqualTo(ReloadResult.RolledBack));
        Assert.That(server.Value(0), Is.EqualTo("one"));
    }

    [Test]
    public async Task Stop_ends_the_reload_that_is_under_way_and_refuses_later_ones()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.LoadAsync([source]);
        Gate(source, out Task isFetching);
        Task<ReloadOutcome> running = server.ReloadAsync();
        await isFetching.WaitAsync(Patience.Limit);
        await server.Reloader.StopAsync().WaitAsync(Patience.Limit);
        Assert.That((await running).Reason, Is.EqualTo("the server is stopping"));
        Assert.That((await server.ReloadAsync()).Reason, Is.EqualTo("the server is stopping"));
    }

    [Test]
    public async Task Unexpected_failure_is_a_bug_that_is_logged_and_changes_nothing()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        using RecordedLog log = new();
        using DatasetHolder datasets = new();
        await using Reloader reloader = new(datasets, [source], new DataFileOptions(), new ReloadOptions(), log);
        await reloader.LoadFirstAsync();
        source.OnFetch = static _ => throw new InvalidOperationException("oh");
        ReloadOutcome outcome = await reloader.ReloadAsync(ReloadTrigger.Command);
        Assert.That((outcome.Result, outcome.Error), Is.EqualTo((ReloadResult.Failed, (ErrorCode?)ErrorCode.Internal)));
        Assert.That(log.Errors.Single(), Does.Contain("oh"));
        Assert.That(datasets.Current!.Dataset.Count, Is.EqualTo(1));
    }

    [Test]
    public async Task State_tells_how_the_last_reload_ended_and_counts()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.LoadAsync([source]);
        Assert.That(server.Reloader.State, Is.EqualTo(new ReloadState()));
        source.Text = ScriptedSource.Pairs("two");
        await server.ReloadAsync();
        source.Text = "bad\n";
        await server.ReloadAsync();
        ReloadState refused = server.Reloader.State;
        await server.RollBackAsync();
        ReloadState rolledBack = server.Reloader.State;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((refused.Done, refused.Refused, refused.RolledBack), Is.EqualTo((1L, 1L, 0L)));
            Assert.That(refused.Last!.Result, Is.EqualTo(ReloadResult.Refused));
            Assert.That(refused.Last.Reason, Does.StartWith("scripted:1: "));
            Assert.That((rolledBack.Done, rolledBack.Refused, rolledBack.RolledBack), Is.EqualTo((1L, 1L, 1L)));
            Assert.That(rolledBack.Last!.Result, Is.EqualTo(ReloadResult.RolledBack));
            Assert.That(rolledBack.LastAt, Is.GreaterThanOrEqualTo(refused.LastAt!.Value));
        }
    }

    [Test]
    public async Task Refresh_loads_what_is_new_and_keeps_saying_why_the_last_one_was_refused()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.LoadAsync([source]);
        Assert.That((await server.RefreshAsync()).Result, Is.EqualTo(ReloadResult.Unchanged));
        source.Text = ScriptedSource.Pairs("two");
        Assert.That((await server.RefreshAsync()).Result, Is.EqualTo(ReloadResult.Done));
        source.Text = "bad\n";
        Assert.That((await server.RefreshAsync()).Result, Is.EqualTo(ReloadResult.Refused));
        Assert.That((await server.RefreshAsync()).Result, Is.EqualTo(ReloadResult.Unchanged), "the source answers, so there is no need to ask less often");
        Assert.That(server.Reloader.State.Last!.Result, Is.EqualTo(ReloadResult.Refused), "and what it holds is still refused");
        Assert.That(server.Reloader.State.Refused, Is.EqualTo(1), "the bad version is read once");
        await server.RollBackAsync();
        Assert.That((await server.RefreshAsync()).Result, Is.EqualTo(ReloadResult.Unchanged));
        Assert.That((server.Reloader.State.Last!.Result, server.Value(0)), Is.EqualTo((ReloadResult.RolledBack, "one")));
        Assert.That((await server.ReloadAsync()).Result, Is.EqualTo(ReloadResult.Refused), "who asks for a load gets one");
    }

    [Test]
    public async Task Observer_hears_of_reloads_in_their_order_but_not_of_refreshes_that_find_nothing()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        await using ReloadingServer server = await ReloadingServer.LoadAsync([source]);
        List<(bool IsRunning, ReloadResult? Last)> heard = [];
        server.Reloader.Observer = state => heard.Add((state.IsRunning, state.Last?.Result));
        await server.RefreshAsync();
        Assert.That(heard, Is.Empty, "nothing is new");
        source.Text = ScriptedSource.Pairs("two");
        await server.RefreshAsync();
        await Task.WhenAll(server.ReloadAsync(), server.ReloadAsync(), server.ReloadAsync());
        int reloads = source.Fetches;
        await server.RollBackAsync();
        await server.Reloader.ReloadAsync(ReloadTrigger.Watch);
        source.Text = "bad\n";
        await server.ReloadAsync();
        Assert.That(heard[0], Is.EqualTo((false, (ReloadResult?)ReloadResult.Done)), "the refresh that had something new");
        Assert.That(heard.Count(static change => change.IsRunning), Is.EqualTo(source.Fetches - 3), "one for each reload; the first load and the refreshes are none");
        Assert.That(heard[^5..], Is.EqualTo(new (bool, ReloadResult?)[]
        {
            (false, ReloadResult.RolledBack), (true, ReloadResult.RolledBack), (false, ReloadResult.RolledBack), (true, ReloadResult.RolledBack), (false, ReloadResult.Refused),
        }));
        Assert.That(heard.Zip(heard.Skip(1)).Any(static pair => pair.First.IsRunning && pair.Second.IsRunning), Is.False, "they do not overlap");
        Assert.That(reloads, Is.InRange(4, 6));
    }

    [Test]
    public async Task Observer_that_fails_is_logged_and_keeps_no_reload_from_its_end()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        using RecordedLog log = new();
        using DatasetHolder datasets = new();
        await using Reloader reloader = new(datasets, [source], new DataFileOptions(), new ReloadOptions(), log);
        await reloader.LoadFirstAsync();
        reloader.Observer = static _ => throw new InvalidOperationException("an observer's bug");
        for (int version = 0; version < 2; version++)
        {
            source.Text = ScriptedSource.Pairs($"version {version}");
            Assert.That((await reloader.ReloadAsync(ReloadTrigger.Command).WaitAsync(Patience.Limit)).Result, Is.EqualTo(ReloadResult.Done));
        }

        Assert.That(log.Errors.Count(), Is.EqualTo(4), "two for each reload");
    }

    [Test]
    public async Task Rollback_while_nothing_is_loaded_is_refused_and_the_reload_goes_on()
    {
        ScriptedSource source = new() { Text = ScriptedSource.Pairs("one") };
        using RecordedLog log = new();
        using DatasetHolder datasets = new();
        await using Reloader reloader = new(datasets, [source], new DataFileOptions(), new ReloadOptions(), log);
        TaskCompletionSource gate = Gate(source, out Task isFetching);
        Task<ReloadOutcome> running = reloader.ReloadAsync(ReloadTrigger.Command);
        await isFetching.WaitAsync(Patience.Limit);
        List<ReloadState> heard = [];
        reloader.Observer = heard.Add;
        Assert.That((await reloader.RollBackAsync()).Error, Is.EqualTo(ErrorCode.Refused));
        Assert.That((reloader.State.IsRunning, reloader.State.Refused, heard.Count), Is.EqualTo((true, 1L, 0)));
        gate.SetResult();
        Assert.That((await running.WaitAsync(Patience.Limit)).Result, Is.EqualTo(ReloadResult.Done));
        Assert.That((reloader.State.IsRunning, heard.Count), Is.EqualTo((false, 1)));
    }

    /// <summary>Lets the next fetches wait until the gate is opened, or they are cancelled.</summary>
    private static TaskCompletionSource Gate(ScriptedSource source, out Task isFetching)
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource fetching = new(TaskCreationOptions.RunContinuationsAsynchronously);
        source.OnFetch = cancellationToken =>
        {
            fetching.TrySetResult();
            return gate.Task.WaitAsync(cancellationToken);
        };
        isFetching = fetching.Task;
        return gate;
    }
}
