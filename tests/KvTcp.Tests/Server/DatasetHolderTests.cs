using KvTcp.Server;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

/// <summary>Who comes first when a dataset is published, withdrawn and rolled back at once.</summary>
[TestFixture]
public class DatasetHolderTests
{
    [Test]
    public void Publish_asked_for_before_a_rollback_comes_before_it_or_never()
    {
        using DatasetHolder datasets = new(Serve("first"));
        Assert.That(datasets.TryPublish(Serve("second"), datasets.Rollbacks));
        int asked = datasets.Rollbacks;
        Rollback rollback = datasets.RollBack();
        using Dataset retired = rollback.Retired!.Dataset;
        using Dataset third = Serve("third").Dataset;
        Assert.That(datasets.TryPublish(new ServedDataset(third, "third", new LoadReport(), DateTimeOffset.UtcNow), asked), Is.False);
        Assert.That((rollback.Returned!.Source, datasets.Current!.Source), Is.EqualTo(("first", "first")));
        Assert.That(datasets.TryPublish(Serve("fourth"), datasets.Rollbacks), "those asked for later are published");
        Assert.That((datasets.Current!.Source, datasets.Previous!.Source), Is.EqualTo(("fourth", "first")));
    }

    [Test]
    public void Rollback_with_nothing_to_return_to_keeps_what_was_asked_for_from_being_published_or_withdrawn()
    {
        using DatasetHolder datasets = new(Serve("first"));
        int asked = datasets.Rollbacks;
        Assert.That(datasets.RollBack(), Is.EqualTo(new Rollback(EndsReloads: true, Returned: null, Retired: null)));
        Assert.That(datasets.TryWithdraw(asked), Is.Null);
        Assert.That(datasets.Current!.Source, Is.EqualTo("first"));
    }

    [Test]
    public void Rollback_while_nothing_is_served_leaves_the_reload_that_is_under_way()
    {
        using DatasetHolder datasets = new(Serve("first"));
        int asked = datasets.Rollbacks;
        Assert.That(datasets.TryWithdraw(asked)!.Source, Is.EqualTo("first"));
        Assert.That(datasets.RollBack().EndsReloads, Is.False);
        Assert.That(datasets.TryPublish(Serve("second"), asked));
    }

    private static ServedDataset Serve(string name)
    {
        LoadResult loaded = DatasetLoader.Load(
            [DataSource.FromStream(new MemoryStream(ByteText.Bytes(ScriptedSource.Pairs(name))), name)], new DataFileOptions());
        return new ServedDataset(loaded.Dataset, name, loaded.Report, DateTimeOffset.UtcNow);
    }
}
