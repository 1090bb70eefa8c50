using KvTcp.Store;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

/// <summary>What others do to the file of a snapshot that is mapped.</summary>
public sealed class MappedFileTests
{
    private SnapshotSample _sample = null!;
    private SnapshotSample _other = null!;

    [SetUp]
    public void Build()
    {
        _sample = SnapshotSample.OfRandom(500);
        _other = SnapshotSample.OfRandom(20);
    }

    [TearDown]
    public void Remove()
    {
        _sample.Dispose();
        _other.Dispose();
    }

    [Test]
    public void Replaced_by_a_rename_the_old_pairs_go_on_and_the_next_opening_has_the_new_ones()
    {
        using Dataset old = Map();
        File.Move(_other.Path, _sample.Path, overwrite: true);
        _sample.AssertHeldBy(old);
        using Dataset @new = Map();
        _other.AssertHeldBy(@new);
    }

    [Test]
    public void Built_again_the_old_pairs_go_on()
    {
        using Dataset old = Map();
        using Dataset other = SnapshotSample.Open(_other.Path, SnapshotLoad.Map).Dataset;
        SnapshotWriter.Write(other, _sample.Path);
        _sample.AssertHeldBy(old);
    }

    [Test]
    public void Deleted_the_old_pairs_go_on_and_the_next_opening_fails()
    {
        using Dataset old = Map();
        File.Delete(_sample.Path);
        _sample.AssertHeldBy(old);
        Assert.That(Map, Throws.TypeOf<FileNotFoundException>());
    }

    [Test]
    public void Replaced_by_a_directory_the_old_pairs_go_on_and_the_next_opening_fails()
    {
        using Dataset old = Map();
        File.Delete(_sample.Path);
        Directory.CreateDirectory(_sample.Path);
        _sample.AssertHeldBy(old);
        Assert.That(Map, Throws.TypeOf<IOException>().With.Message.Contains("is a directory"));
    }

    [Test]
    public void Emptied_before_it_is_opened_it_does_not_pass_for_a_dataset_without_pairs()
    {
        File.WriteAllBytes(_sample.Path, []);
        Assert.That(Map, Throws.TypeOf<DataFileException>().With.Message.Contains("has the name of a snapshot and is none"));
    }

    [Test]
    public void Emptied_and_overwritten_in_place_a_copy_goes_on()
    {
        using Dataset copy = SnapshotSample.Open(_sample.Path, SnapshotLoad.Copy).Dataset;
        File.WriteAllBytes(_sample.Path, []);
        _sample.AssertHeldBy(copy);
        File.WriteAllBytes(_sample.Path, _other.Bytes);
        _sample.AssertHeldBy(copy);
    }

    [Test]
    [Platform("Linux")]
    public void Disposed_it_is_not_mapped_any_more()
    {
        Dataset dataset = Map();
        string mappings = File.ReadAllText("/proc/self/maps");
        dataset.Dispose();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mappings, Does.Contain(_sample.Path));
            Assert.That(File.ReadAllText("/proc/self/maps"), Does.Not.Contain(_sample.Path));
            Assert.That(() => dataset.TryGetValue(Guid.Empty, out _), Throws.TypeOf<ObjectDisposedException>());
        }
    }

    private Dataset Map() => SnapshotSample.Open(_sample.Path, SnapshotLoad.Map).Dataset;
}
