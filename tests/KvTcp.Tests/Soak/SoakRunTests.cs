using KvTcp.Server;
using KvTcp.Soak;
using KvTcp.Tests.EndToEnd;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Soak;

/// <summary>A short soak, and a small crowd. Long ones are run by hand: ./run.sh soak.</summary>
/// <param name="transport">The transport of this run.</param>
public sealed class SoakRunTests(TransportKind transport) : EveryTransport(transport)
{
    [Test]
    public async Task Server_survives_all_that_may_happen_to_it_and_stays_what_it_is()
    {
        SoakPlan plan = new()
        {
            Program = KvTcpProgram.Path,
            Transport = TransportName,
            Seed = (ulong)Random.Shared.NextInt64(),
            Duration = TimeSpan.FromSeconds(1),
            Calm = TimeSpan.FromSeconds(2.7),

            // In its first minute a server still grows: code is compiled, buffers are made.
            ResidentTolerance = 96,
        };
        TestContext.Out.WriteLine($"seed {plan.Seed}");
        SoakResult result = await SoakRun.RunAsync(plan, TestContext.Out, CancellationToken.None);
        Assert.That(result.Wrong, Is.Empty);
        Assert.That(result.Events, Has.Count.GreaterThanOrEqualTo(7), "each kind has happened once");
        Assert.That(result.Seen, Has.Count.GreaterThanOrEqualTo(16), "each kind of client expects what it is to see, which is wrong when it does not");
        string page = SoakPage.Write(result);
        Assert.That(page.Split("<svg").Length - 1, Is.EqualTo(5), "requests, latency, memory, files, threads");
        Assert.That(page, Does.Contain("Nothing is wrong").And.Contain("SIGSTOP, SIGCONT"));
    }

    [Test]
    public async Task Crowd_that_misbehaves_costs_no_request_and_no_more_memory_than_docs_operations_says()
    {
        CrowdPlan plan = new()
        {
            Program = KvTcpProgram.Path,
            Transport = TransportName,
            Seed = (ulong)Random.Shared.NextInt64(),
            Slow = 200,
            Unread = 200,
            Garbage = 20,
            Storming = 50,
            Rate = 200,
            WarmUpRounds = 0,
            Rounds = 1,
            Duration = TimeSpan.FromSeconds(2),
            Limits = new ServerLimits { UnreadReply = TimeSpan.FromSeconds(3) },
        };
        TestContext.Out.WriteLine($"seed {plan.Seed}");
        CrowdResult result = await CrowdRun.RunAsync(plan, CancellationToken.None);
        TestContext.Out.WriteLine(result);
        Assert.That(result.Wrong, Is.Empty);
        Assert.That(result.Among[0].Counts.Requests, Is.GreaterThan(100));
    }
}
