using KvTcp.Tests.Cli;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>A server of a snapshot, as a process.</summary>
public sealed class SnapshotServingTests
{
    [TestCase("map")]
    [TestCase("copy")]
    public async Task Server_answers_from_a_snapshot(string load)
    {
        using SnapshotSampleFile sample = new(1000);
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", sample.Path, "--load", load);
        using (server)
        {
            Assert.That(await GetAsync(address, 0, 500, 999), Is.EqualTo(sample.Lines(0, 500, 999)));
        }
    }

    [Test]
    public async Task Server_takes_a_snapshot_from_standard_input()
    {
        using SnapshotSampleFile sample = new(1000);
        using ProcessRun server = ProcessRun.Start(KvTcpProgram.Path, ["serve", "--data", "-", "--listen", "127.0.0.1:0"]);
        await server.Input.WriteAsync(await File.ReadAllBytesAsync(sample.Path));
        server.EndInput();
        Assert.That(await GetAsync(await KvTcpProgram.AddressAsync(server), 0, 999), Is.EqualTo(sample.Lines(0, 999)));
    }

    [Test]
    public async Task Server_of_a_mapped_snapshot_goes_on_when_the_file_is_replaced_and_when_it_is_deleted()
    {
        using SnapshotSampleFile sample = new(1000);
        using SnapshotSampleFile other = new(10);
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", sample.Path);
        using (server)
        {
            File.Move(other.Path, sample.Path, overwrite: true);
            Assert.That(await GetAsync(address, 0, 999), Is.EqualTo(sample.Lines(0, 999)));
            File.Delete(sample.Path);
            Assert.That(await GetAsync(address, 1, 998), Is.EqualTo(sample.Lines(1, 998)));
        }
    }

    [Test]
    public async Task Server_of_a_copied_snapshot_goes_on_when_the_file_is_overwritten_in_place()
    {
        using SnapshotSampleFile sample = new(1000);
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", sample.Path, "--load", "copy");
        using (server)
        {
            await File.WriteAllBytesAsync(sample.Path, []);
            Assert.That(await GetAsync(address, 0, 999), Is.EqualTo(sample.Lines(0, 999)));
        }
    }

    [Test]
    public async Task Server_of_a_snapshot_with_a_damaged_body_starts_mapped_and_not_copied()
    {
        using SnapshotSampleFile sample = new(1000);
        sample.Flip(60_000);
        (await KvTcpProgram.RunInShellAsync($"\"$kvtcp\" serve --data '{sample.Path}' --load copy --listen 127.0.0.1:0 --log-level none"))
            .AssertError(65, sample.Path, "is damaged in its ");
        (ProcessRun server, string address) = await KvTcpProgram.ServeAsync("--data", sample.Path);
        using (server)
        {
            Assert.That((await KvTcpProgram.RunAsync("get", "--server", address, $"{SnapshotSampleFile.Key(0)}")).ExitCode, Is.AnyOf(0, 1));
        }
    }

    [Test]
    public async Task Snapshot_larger_than_the_memory_is_served()
    {
        const int Count = 1700;
        using SnapshotSampleFile sample = new(Count, 60_000, 70_000);
        using ControlGroup limit = ControlGroup.OfMemory(72 << 20);
        Assert.That(sample.Info.FileLength, Is.GreaterThan(100 << 20));
        // What the system still keeps of the file would not count against the limit.
        Assert.That((await ProcessRun.RunAsync("dd", [$"of={sample.Path}", "oflag=nocache", "conv=notrunc,fdatasync", "count=0"])).ExitCode, Is.Zero);
        using ProcessRun server = ProcessRun.Start(
            "bash", ["-c", $"{limit.Prefix}exec \"$0\" serve --listen 127.0.0.1:0 --data \"$1\"", KvTcpProgram.Path, sample.Path]);
        string address = await KvTcpProgram.AddressAsync(server);
        for (int round = 0; round < 2; round++)
        {
            int[] indexes = [.. Enumerable.Range(0, Count).OrderBy(static index => index * 7919 % Count)];
            string values = await GetAsync(address, indexes);
            // Not Is.EqualTo, whose message would be 100 MB.
            Assert.That(string.Equals(values, sample.Lines(indexes), StringComparison.Ordinal), Is.True, "every value is right");
        }

        server.Signal(15);
        Assert.That((await server.EndAsync()).ExitCode, Is.Zero);
    }

    private static async Task<string> GetAsync(string address, params int[] indexes)
    {
        string keys = string.Concat(indexes.Select(static index => $"{SnapshotSampleFile.Key(index)}\n"));
        ProcessResult result = await KvTcpProgram.RunWithInputAsync(keys, "get", "--server", address);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        return result.Output;
    }
}
