using System.Globalization;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Store;

[TestFixture]
public sealed class DatasetLifetimeTests
{
    private static readonly Guid Key = DataFileGenerator.KeyAt(1, 0);

    [Test]
    public void Dispose_without_a_lease_frees_at_once()
    {
        Dataset dataset = Load(10);
        dataset.Dispose();
        using (Assert.EnterMultipleScope())
        {
            Assert.Throws<ObjectDisposedException>(() => dataset.TryGetValue(Key, out _));
            Assert.Throws<ObjectDisposedException>(() => dataset.Find([Key], new Lookup[1]));
            Assert.That(dataset.TryAcquire(out _), Is.False);
            Assert.That(dataset.Count, Is.EqualTo(10), "what is no memory can still be asked");
        }
    }

    [Test]
    public async Task Dispose_again_has_no_effect()
    {
        Dataset dataset = Load(10);
        Assert.That(dataset.TryAcquire(out DatasetLease lease), Is.True);
        dataset.Dispose();
        dataset.Dispose();
        Assert.That(lease.Dataset.TryGetValue(Key, out _), Is.True);
        lease.Dispose();
        dataset.Dispose();
        await FreedAsync(dataset);
        Assert.Throws<ObjectDisposedException>(() => dataset.TryGetValue(Key, out _));
    }

    [Test]
    public async Task Leases_keep_the_memory_until_the_last_is_released()
    {
        Dataset dataset = Load(10);
        _ = dataset.TryAcquire(out DatasetLease first);
        _ = dataset.TryAcquire(out DatasetLease second);
        dataset.Dispose();
        Assert.That(dataset.TryAcquire(out _), Is.False, "no new lease after the owner is gone");
        first.Dispose();
        Assert.That(dataset.TryGetValue(Key, out _), Is.True);
        second.Dispose();
        await FreedAsync(dataset);
        Assert.Throws<ObjectDisposedException>(() => dataset.TryGetValue(Key, out _));
    }

    [Test]
    public async Task Lease_may_be_released_on_another_thread()
    {
        Dataset dataset = Load(10);
        _ = dataset.TryAcquire(out DatasetLease lease);
        dataset.Dispose();
        var thread = new Thread(() => lease.Dispose());
        thread.Start();
        thread.Join();
        await FreedAsync(dataset);
        Assert.Throws<ObjectDisposedException>(() => dataset.TryGetValue(Key, out _));
    }

    [Test]
    public void Lease_released_twice_is_noticed_when_no_other_is_out()
    {
        using Dataset dataset = Load(10);
        _ = dataset.TryAcquire(out DatasetLease lease);
        lease.Dispose();
        Assert.Throws<InvalidOperationException>(() => lease.Dispose());
        Assert.That(dataset.TryGetValue(Key, out _), Is.True);
    }

    [Test]
    public void Default_lease_holds_nothing()
    {
        default(DatasetLease).Dispose();
        Assert.Throws<InvalidOperationException>(() => _ = default(DatasetLease).Dataset);
    }

    [Test]
    public void Counter_drains_exactly_once_after_its_last_release()
    {
        for (int round = 0; round < 40; round++)
        {
            var counter = new LeaseCounter();
            int drained = 0;
            int held = 0;
            int heldWhenDrained = 0;

            void Drain(bool isDrained)
            {
                if (isDrained)
                {
                    Interlocked.Increment(ref drained);
                    Interlocked.Add(ref heldWhenDrained, Volatile.Read(ref held));
                }
            }

            void Worker()
            {
                while (true)
                {
                    if (!counter.TryAcquire(out int stripe, out bool isDrained))
                    {
                        Drain(isDrained);
                        return;
                    }

                    Interlocked.Increment(ref held);
                    Interlocked.Decrement(ref held);
                    Drain(counter.Release(stripe));
                }
            }

            Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(Worker))];
            Array.ForEach(threads, thread => thread.Start());
            Drain(counter.Retire());
            Array.ForEach(threads, thread => thread.Join());
            Assert.That((drained, heldWhenDrained), Is.EqualTo((1, 0)), $"round {round}");
        }
    }

    [Test]
    public async Task Readers_with_leases_never_see_freed_memory_while_datasets_are_swapped()
    {
        // A reader that touched freed memory would crash the process or read another dataset's bytes.
        const int Swaps = 60;
        Dataset[] datasets = [.. Enumerable.Range(0, Swaps).Select(i => Load(50, i.ToString(CultureInfo.InvariantCulture)))];
        Dataset current = datasets[0];
        int wrong = 0;
        long reads = 0;
        bool stop = false;

        void Reader()
        {
            while (!Volatile.Read(ref stop))
            {
                Dataset dataset = Volatile.Read(ref current);
                if (!dataset.TryAcquire(out DatasetLease lease))
                {
                    continue;
                }

                string expected = Array.IndexOf(datasets, lease.Dataset).ToString(CultureInfo.InvariantCulture);
                for (int i = 0; i < 50; i++)
                {
                    if (!lease.Dataset.TryGetValue(DataFileGenerator.KeyAt(1, i), out ReadOnlySpan<byte> value) ||
                        !value.SequenceEqual(System.Text.Encoding.ASCII.GetBytes(expected)))
                    {
                        Interlocked.Increment(ref wrong);
                    }

                    Interlocked.Increment(ref reads);
                }

                lease.Dispose();
            }
        }

        Thread[] threads = [.. Enumerable.Range(0, 3).Select(_ => new Thread(Reader))];
        Array.ForEach(threads, thread => thread.Start());
        for (int i = 1; i < Swaps; i++)
        {
            long seen = Interlocked.Read(ref reads);
            Volatile.Write(ref current, datasets[i]);
            datasets[i - 1].Dispose();
            SpinWait.SpinUntil(() => Interlocked.Read(ref reads) > seen + 100);
        }

        Volatile.Write(ref stop, true);
        Array.ForEach(threads, thread => thread.Join());
        datasets[^1].Dispose();
        Assert.That(wrong, Is.Zero);
        foreach (Dataset dataset in datasets)
        {
            await FreedAsync(dataset);
        }
    }

    private static Task FreedAsync(Dataset dataset) => Patience.UntilAsync(() => Task.FromResult(dataset.IsFreed), "the memory is freed");

    private static Dataset Load(int count, string value = "value")
    {
        string text = string.Concat(Enumerable.Range(0, count).Select(i => $"{DataFileGenerator.KeyAt(1, i)} {value}\n"));
        return DatasetLoader.Load(
            [DataSource.FromStream(new MemoryStream(System.Text.Encoding.ASCII.GetBytes(text)), "text")],
            new DataFileOptions { Parallelism = 1 }).Dataset;
    }
}
