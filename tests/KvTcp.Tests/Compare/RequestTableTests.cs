using KvTcp.Compare;
using NUnit.Framework;

namespace KvTcp.Tests.Compare;

/// <summary>Which figures are marked as bounds: ours 200 requests a second and waits of 10 us, Redis's 100 and 20.</summary>
[TestFixture]
public class RequestTableTests
{
    // At 200 and 100 requests a second: hardly any time of a core, and all of it.
    private const double Spare = 1;
    private const double Busy = 10_000;

    [TestCase(0.5, Spare, 0.5, Spare, "200 | 100 | 2.00 (redis) |", "1 / 10 / 100 | 2 / 20 / 200 | 0.50 (redis) |", TestName = "Neither was held back")]
    [TestCase(0.96, Spare, 0.5, Spare, ">= 200 | 100 | >= 2.00 (redis) |", "<= 1 / 10 / 100 | 2 / 20 / 200 | <= 0.50 (redis) |", TestName = "Ours was held back")]
    [TestCase(0.5, Spare, 0.96, Spare, "200 | >= 100 | <= 2.00 (redis) |", "1 / 10 / 100 | <= 2 / 20 / 200 | >= 0.50 (redis) |", TestName = "The other was held back")]
    [TestCase(0.96, Spare, 0.96, Spare, ">= 200 | >= 100 | ? 2.00 (redis) |", "<= 1 / 10 / 100 | <= 2 / 20 / 200 | ? 0.50 (redis) |", TestName = "Both were held back")]
    [TestCase(0.96, Busy, 0.95, Spare, "200 | 100 | 2.00 (redis) |", "1 / 10 / 100 | 2 / 20 / 200 | 0.50 (redis) |", TestName = "A busy generator does not hold back a busy server")]
    public void A_figure_is_a_bound_when_the_generator_was_busy_and_the_server_was_not(
        double ours, double oursCpu, double other, double otherCpu, string throughput, string latency)
    {
        Comparison comparison = SampleComparison.Create();
        comparison = comparison with
        {
            Servers = [.. comparison.Servers.Take(2)],
            Requests =
            [
                new RequestResult("kvtcp", LoadCase.Typical, 1, 200, oursCpu, new WaitTimes(1, 10, 100, 1000), ours),
                new RequestResult("redis", LoadCase.Typical, 1, 100, otherCpu, new WaitTimes(2, 20, 200, 2000), other),
            ],
        };
        Assert.That(RequestTable.Throughput(comparison), Does.Contain($"| 50 | 1 | hits | {throughput}\n"));
        Assert.That(RequestTable.Latency(comparison), Does.Contain($"| 50 | 1 | hits | {latency}\n"));
        Assert.That(RequestTable.Cpu(comparison), Does.Not.Contain("=").And.Not.Contain("?"));
    }

    [Test]
    public void The_best_of_several_transports_stands_for_ours()
    {
        Comparison comparison = SampleComparison.Create();
        ServerNote ours = comparison.Servers[0];
        RequestResult Result(string server, double rate) => new(server, LoadCase.Typical, 1, rate, Spare, new WaitTimes(1, 10, 100, 1000), 0.5);
        comparison = comparison with
        {
            Servers = [ours with { Name = "kvtcp (sockets)" }, ours with { Name = "kvtcp (epoll)" }, comparison.Servers[1]],
            Requests = [Result("kvtcp (sockets)", 150), Result("kvtcp (epoll)", 300), Result("redis", 100)],
        };
        Assert.That(RequestTable.Throughput(comparison), Does.Contain("| 50 | 1 | hits | 150 | 300 | 100 | 3.00 (redis) |\n"));
    }
}
