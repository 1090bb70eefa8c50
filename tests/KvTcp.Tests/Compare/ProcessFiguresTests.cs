using System.Diagnostics;
using KvTcp.Compare;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Compare;

/// <summary>What is read from /proc, compared with what .NET says of this very process.</summary>
[TestFixture]
[Alone]
public class ProcessFiguresTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    [Test]
    public void Cpu_lies_between_two_readings_of_NET()
    {
        using Process self = Process.GetCurrentProcess();
        TimeSpan before = self.TotalProcessorTime;
        TimeSpan cpu = ProcessFigures.Cpu(Environment.ProcessId);
        self.Refresh();
        Assert.That(cpu, Is.InRange(before - (2 * Tick), self.TotalProcessorTime + Tick), "both of its parts are rounded down");
    }

    [Test]
    public void Resident_grows_with_memory_that_is_written_to_and_the_peak_is_not_below()
    {
        long before = ProcessFigures.Resident(Environment.ProcessId);
        byte[] memory = GC.AllocateUninitializedArray<byte>(256 << 20, pinned: true);
        memory.AsSpan().Fill(1);
        long after = ProcessFigures.Resident(Environment.ProcessId);
        GC.KeepAlive(memory);
        Assert.That(after - before, Is.GreaterThan(128 << 20), "the other tests may free some meanwhile");
        Assert.That(ProcessFigures.PeakResident(Environment.ProcessId), Is.GreaterThanOrEqualTo(after));
    }

    [Test]
    public async Task Tree_holds_a_process_its_children_and_theirs_and_nothing_else()
    {
        using ProcessRun shell = ProcessRun.Start("bash", ["-c", "bash -c 'echo $PPID $$; read' ; true"]);
        using StreamReader output = new(shell.Output, leaveOpen: true);
        string line = await output.ReadLineAsync() ?? "";
        int[] expected = [.. line.Split(' ').Select(int.Parse)];
        Assert.That(ProcessFigures.Tree(expected[0]), Is.EqualTo(expected));
        Assert.That(ProcessFigures.Tree(Environment.ProcessId), Is.SupersetOf(expected));
        shell.EndInput();
    }

    [Test]
    public void A_process_that_is_not_there_is_an_IOException() =>
        Assert.That(() => ProcessFigures.Cpu(int.MaxValue), Throws.InstanceOf<IOException>());

    [Test]
    public void CpuSampler_counts_what_was_used_between_two_moments()
    {
        using CpuSampler sampler = new([Environment.ProcessId]);
        TimeSpan cpuBefore = ProcessFigures.Cpu(Environment.ProcessId);
        DateTimeOffset start = DateTimeOffset.UtcNow;
        while (ProcessFigures.Cpu(Environment.ProcessId) - cpuBefore < 10 * Tick)
        {
            // Uses time, which is what is measured.
        }

        DateTimeOffset end = DateTimeOffset.UtcNow;
        TimeSpan used = sampler.Between(start, end);
        Assert.That(used, Is.InRange(8 * Tick, ProcessFigures.Cpu(Environment.ProcessId) - cpuBefore + (2 * Tick)));
        Assert.That(sampler.Between(end, end), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public async Task CpuSampler_says_so_when_the_process_has_ended()
    {
        using ProcessRun shell = ProcessRun.Start("bash", ["-c", "echo $$; read"]);
        using StreamReader output = new(shell.Output, leaveOpen: true);
        using CpuSampler sampler = new([int.Parse(await output.ReadLineAsync() ?? "")]);
        shell.EndInput();
        await shell.EndAsync();
        Assert.That(() => sampler.Between(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow), Throws.InstanceOf<IOException>());
    }
}
