using System.Net;
using KvTcp.Tests.Support;
using KvTcp.Transport;
using KvTcp.Transport.Linux;
using KvTcp.Transport.Uring;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>A system that allows a loop to be tried out but not those that are asked for.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class LoopStartTests
{
    /// <summary>What a loop of io_uring maps for its buffers, at 16 bytes each. Nothing else maps less than a page.</summary>
    private const uint BufferMap = UringEngine.Buffers * 16;

    private static readonly object[] Refusals =
    [
        new object[] { "epoll", true },
        new object[] { "auto", true },
        .. IoUringProbe.FindRefusal() is null ? new object[] { new object[] { "io_uring", true }, new object[] { "io_uring", false } } : [],
    ];

    [Test]
    public async Task Auto_falls_back_to_epoll_when_the_loops_of_io_uring_get_no_memory()
    {
        using TemporaryDirectory directory = new();
        using ProcessRun server = WithoutBuffers(() => ProcessRun.Start(KvTcpProgram.Path, Arguments(directory, "auto", "information")));
        Assert.That(await server.WaitForErrorLineAsync("Transport: "), Does.Contain("epoll, 100 loops").And.Contain("io_uring cannot be used"));
        using LineClient client = await LineClient.ConnectAsync(IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server)));
        IReadOnlyDictionary<string, string> stats = await client.StatsAsync();
        Assert.That(stats["transport"], Is.EqualTo("epoll"));
        Assert.That(stats["transport_reason"], Does.StartWith("io_uring cannot be used: "));
    }

    [TestCaseSource(nameof(Refusals))]
    public async Task Loops_that_cannot_be_started_are_one_line_and_69(string transport, bool lacksFiles)
    {
        using TemporaryDirectory directory = new();
        string[] arguments = Arguments(directory, transport, "none");
        using ProcessRun server = lacksFiles
            ? ProcessRun.Start("bash", ["-c", "ulimit -n 256; exec \"$@\"", "bash", KvTcpProgram.Path, .. arguments])
            : WithoutBuffers(() => ProcessRun.Start(KvTcpProgram.Path, arguments));
        (await server.EndAsync()).AssertError(69, "cannot start 100 loops", lacksFiles ? "open files" : "no memory");
    }

    private static ProcessRun WithoutBuffers(Func<ProcessRun> start) =>
        SeccompThread.Run(SeccompThread.MemoryMap, Errno.OutOfMemory, start, BufferMap);

    private static string[] Arguments(TemporaryDirectory directory, string transport, string logLevel) =>
    [
        "serve", "--listen", "127.0.0.1:0", "--loops", "100", "--transport", transport, "--log-level", logLevel,
        "--data", directory.Write("a.data", $"{TestDataset.Key(0)} value\n"),
    ];
}
