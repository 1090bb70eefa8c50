using System.Net;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.EndToEnd;

/// <summary>The server under a seccomp filter like that of container runtimes, which refuses io_uring.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class IoUringRefusedTests
{
    private const int NotPermitted = 1;
    private const string Reason = "io_uring cannot be used: it is forbidden";

    [TestCase("auto", false)]
    [TestCase("io_uring", true, Description = "what was asked for is not what is, which is worth a warning")]
    public async Task Server_falls_back_to_epoll_and_says_why(string transport, bool warns)
    {
        using TemporaryDirectory directory = new();
        string data = directory.Write("a.data", $"{TestDataset.Key(0)} value\n");
        using ProcessRun server = SeccompThread.Run(
            SeccompThread.UringSetup,
            NotPermitted,
            () => ProcessRun.Start(KvTcpProgram.Path, ["serve", "--listen", "127.0.0.1:0", "--transport", transport, "--data", data]));
        if (warns)
        {
            await server.WaitForErrorLineAsync("The transport is epoll, not io_uring as asked: it is forbidden");
        }

        Assert.That(await server.WaitForErrorLineAsync("Transport: "), Does.Contain("epoll").And.Contain(Reason));
        using LineClient client = await LineClient.ConnectAsync(IPEndPoint.Parse(await KvTcpProgram.AddressAsync(server)));
        IReadOnlyDictionary<string, string> stats = await client.StatsAsync();
        Assert.That(stats["transport"], Is.EqualTo("epoll"));
        Assert.That(stats["transport_reason"], Does.Contain(Reason));
    }
}
