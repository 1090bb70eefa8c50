using KvTcp.Server;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Reloading;

[TestFixture]
public class MemoryForecastTests
{
    private const int Count = 20_000;

    [Test]
    public async Task Forecast_of_a_file_like_the_last_one_is_what_it_takes_and_a_tenth([Values] bool isGzip)
    {
        using TemporaryDirectory directory = new();
        using MemoryStream text = new();
        DataFileGenerator.Write(text, Count);
        string path = directory.Write(isGzip ? GzipText.Of(text.ToArray()) : text.ToArray());
        await using ReloadingServer server = await ReloadingServer.LoadAsync([new FileSource(path)]);
        ServedDataset served = server.Datasets.Current!;
        Assert.That(served.TextLength, Is.EqualTo(text.Length));

        text.SetLength(0);
        DataFileGenerator.Write(text, 2 * Count, seed: 2);
        string twice = directory.Write(text.ToArray());
        FetchedData data = (await new FileSource(twice).FetchAsync(known: null, CancellationToken.None))!;
        Assert.That(MemoryForecast.ToLoad([data], served, SnapshotLoad.Map), Is.EqualTo(2.2 * MemoryForecast.NativeBytes(served)).Within(5).Percent);
        Assert.That(MemoryForecast.ToLoad([data], known: null, SnapshotLoad.Map), Is.AtLeast(2 * MemoryForecast.NativeBytes(served)), "with nothing to learn from");
    }

    [Test]
    public async Task Forecast_of_a_snapshot_is_its_length_for_a_copy_and_nothing_when_mapped()
    {
        using TemporaryDirectory directory = new();
        using TestDataset pairs = TestDataset.WithLengths(Enumerable.Repeat(40, 1000));
        string path = directory.PathOf("pairs.kvs");
        long length = SnapshotWriter.Write(pairs.Dataset, path).FileLength;
        await using ReloadingServer server = await ReloadingServer.LoadAsync([new FileSource(path)]);
        ServedDataset served = server.Datasets.Current!;
        FetchedData data = (await new FileSource(path).FetchAsync(known: null, CancellationToken.None))!;
        Assert.That(MemoryForecast.ToLoad([data], served, SnapshotLoad.Map), Is.Zero);
        Assert.That(MemoryForecast.ToLoad([data], served, SnapshotLoad.Copy), Is.EqualTo(length));
        Assert.That(MemoryForecast.ToLoad([data with { IsInMemory = true }], served, SnapshotLoad.Map), Is.EqualTo(length), "it is copied, then");
        Assert.That(MemoryForecast.ToLoadAgain(served), Is.Zero, "it is mapped");
    }
}
