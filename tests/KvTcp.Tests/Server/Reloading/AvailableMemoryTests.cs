using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Reloading;

/// <summary>Over the files of a system that the test makes up.</summary>
[TestFixture]
public class AvailableMemoryTests
{
    private const long MiB = 1 << 20;

    private TemporaryDirectory _root = null!;

    [SetUp]
    public void CreateRoot()
    {
        _root = new TemporaryDirectory();
        Write("proc/meminfo", "MemTotal:        8192000 kB\nMemFree:          1000 kB\nMemAvailable:    2048000 kB\n");
    }

    [TearDown]
    public void RemoveRoot() => _root.Dispose();

    [Test]
    public void Bytes_without_groups_is_what_the_machine_has() =>
        Assert.That(AvailableMemory.Bytes(_root.Root), Is.EqualTo(2048000L * 1024));

    [Test]
    public void Bytes_of_a_system_that_tells_nothing_is_no_limit()
    {
        Assert.That(AvailableMemory.Bytes(_root.PathOf("nowhere")), Is.EqualTo(long.MaxValue));
        Assert.That(AvailableMemory.BytesForHeap(_root.Root), Is.EqualTo(long.MaxValue));
    }

    [Test]
    public void Bytes_of_a_group_that_may_not_be_looked_at_is_what_the_machine_has()
    {
        // A directory cannot be read as a file, not even by root.
        Write("proc/self/cgroup", "0::/\n");
        Directory.CreateDirectory(_root.PathOf("sys/fs/cgroup/memory.max"));
        Assert.That(AvailableMemory.Bytes(_root.Root), Is.EqualTo(2048000L * 1024));
    }

    [Test]
    public void BytesForHeap_asks_only_the_groups_and_leaves_out_what_the_kernel_holds_for_connections()
    {
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/memory.max", $"{5000 * MiB}\n");
        Write("sys/fs/cgroup/memory.current", $"{1000 * MiB}\n");
        Write("sys/fs/cgroup/memory.stat", $"anon 1\nsock {300 * MiB}\ninactive_file {60 * MiB}\nactive_file {40 * MiB}\n");
        Assert.That(AvailableMemory.BytesForHeap(_root.Root), Is.EqualTo(4400 * MiB));
        Assert.That(AvailableMemory.Bytes(_root.Root), Is.EqualTo(2048000L * 1024));
    }

    [TestCase("max", 200)]
    [TestCase("314572800", 100)]
    public void Bytes_in_a_group_are_those_up_to_where_the_kernel_holds_the_process_up(string high, long expected)
    {
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/memory.max", $"{400 * MiB}\n");
        Write("sys/fs/cgroup/memory.high", $"{high}\n");
        Write("sys/fs/cgroup/memory.current", $"{200 * MiB}\n");
        Assert.That(AvailableMemory.Bytes(_root.Root), Is.EqualTo(expected * MiB));
    }

    [TestCase("a/b", Description = "the process's own group")]
    [TestCase("a", Description = "one above it")]
    [TestCase("", Description = "the root, which a container sees of its own group")]
    public void Bytes_in_a_group_of_version_2_is_its_limit_less_what_is_used_and_not_cached(string limited)
    {
        Write("proc/self/cgroup", "0::/a/b\n");
        Write("sys/fs/cgroup/a/b/memory.max", "max\n");
        string group = Path.Combine("sys/fs/cgroup", limited);
        Write($"{group}/memory.max", $"{500 * MiB}\n");
        Write($"{group}/memory.current", $"{300 * MiB}\n");
        Write($"{group}/memory.stat", $"anon 1\ninactive_anon 7\ninactive_file {50 * MiB}\nactive_file {40 * MiB}\nslab_reclaimable {10 * MiB}\nslab_unreclaimable 9\n");
        Assert.That(AvailableMemory.Bytes(_root.Root), Is.EqualTo(300 * MiB));
    }

    [Test]
    public void Bytes_in_a_group_of_version_1_is_its_limit_less_what_is_used_and_not_cached()
    {
        Write("proc/self/cgroup", "5:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n0::/\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        Write("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", $"{500 * MiB}\n");
        Write("sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes", $"{450 * MiB}\n");
        Write("sys/fs/cgroup/memory/docker/x/memory.stat", $"cache 5\ninactive_file 9\ntotal_inactive_file {7 * MiB}\ntotal_active_file {3 * MiB}\n");
        Assert.That(AvailableMemory.Bytes(_root.Root), Is.EqualTo(60 * MiB));
    }

    [Test]
    public void Bytes_in_a_group_over_its_limit_is_nothing()
    {
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/memory.max", "1000\n");
        Write("sys/fs/cgroup/memory.current", "2000\n");
        Assert.That(AvailableMemory.Bytes(_root.Root), Is.Zero);
    }

    [Test]
    [Platform("Linux")]
    public void Bytes_of_this_machine_is_some_of_it() =>
        Assert.That(AvailableMemory.Bytes(), Is.InRange(1, 1L << 46));

    private void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_root.PathOf(path))!);
        _root.Write(path, content);
    }
}
