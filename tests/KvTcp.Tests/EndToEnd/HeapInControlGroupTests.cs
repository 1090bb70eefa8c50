using System.Globalization;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>How much of a control group's memory limit the collector's heap may take. <see cref="MemoryLimitTests"/> have it reached.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class HeapInControlGroupTests
{
    private const int MiB = 1 << 20;
    private const int HangUp = 1;
    private const int Terminate = 15;
    private const string Message = "The heap may take ";

    [Test]
    public async Task Limit_is_half_of_what_the_program_and_the_data_leave_and_follows_the_data()
    {
        const int Program = 64;
        const int Data = 120;
        const int Limit = 320;
        using ControlGroup group = ControlGroup.OfMemory(Limit * MiB);
        using TemporaryDirectory directory = new();
        using ProcessRun server = Start(group, directory);
        if (!group.IsReal)
        {
            await AssertIsToldOnlyInGroupAsync(server);
            return;
        }

        await KvTcpProgram.AddressAsync(server);
        int before = HeapOf(await server.WaitForErrorLineAsync(Message));
        File.WriteAllLines(directory.PathOf("a.data"), Enumerable.Range(0, Data).Select(static index => $"{TestDataset.Key(index)} {new string('v', MiB - 1)}"));
        server.Signal(HangUp);
        int after = HeapOf(await server.WaitForErrorLineAsync(Message));
        Assert.That(before, Is.InRange((Limit - Program - 60) / 2, ((Limit - Program) / 2) + 20), "the program has taken some of it, and its own heap is added");

        // It may be told when half of the data is there, and not once more.
        Assert.That(before - after, Is.InRange(Data / 5, (Data / 2) + 20));
    }

    [Test]
    public async Task Limit_that_leaves_little_for_connections_is_told_with_what_is_missing()
    {
        using ControlGroup group = ControlGroup.OfMemory(80 * MiB);
        using TemporaryDirectory directory = new();
        using ProcessRun server = Start(group, directory);
        if (!group.IsReal)
        {
            await AssertIsToldOnlyInGroupAsync(server);
            return;
        }

        await KvTcpProgram.AddressAsync(server);
        string line = await server.WaitForErrorLineAsync("leaves too little for connections");
        Assert.That(line, Does.Contain(" warn: ").And.Match("The heap may take [1-4][0-9] MiB .*; raise its limit by [1-6][0-9] MiB"));
    }

    private static async Task AssertIsToldOnlyInGroupAsync(ProcessRun server)
    {
        await KvTcpProgram.AddressAsync(server);
        server.Signal(Terminate);
        Assert.That((await server.EndAsync()).Error.Contains("heap may take"), Is.EqualTo(AvailableMemory.BytesForHeap() < long.MaxValue));
    }

    private static int HeapOf(string line) => int.Parse(line[(line.IndexOf(Message, StringComparison.Ordinal) + Message.Length)..].Split(' ')[0], CultureInfo.InvariantCulture);

    private static ProcessRun Start(ControlGroup group, TemporaryDirectory directory) => ProcessRun.Start(
        "bash",
        [
            "-c", $"{(group.IsReal ? group.Prefix : "")}exec \"$0\" serve --listen 127.0.0.1:0 --http off --loops 2 --data \"$1\"",
            KvTcpProgram.Path, directory.Write("a.data", $"{TestDataset.Key(0)} one\n"),
        ]);
}
