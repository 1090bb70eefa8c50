using KvTcp.Soak;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Soak;

/// <summary>The bound that a crowd is held to, docs/operations.md#memory-under-attack.</summary>
public class CrowdPlanTests
{
    [TestCase("epoll", "a storm of 300 that reconnect add at most {0} MiB")]
    [TestCase("io_uring", "a storm of 300 that reconnect add at most {0} MiB")]
    [TestCase("sockets", "epoll, it is {0} MiB")]
    public void Bound_of_the_memory_is_the_one_that_operations_states(string transport, string statement)
    {
        CrowdPlan plan = new() { Transport = transport };
        long mebibytes = plan.ExtraResident / (1024 * 1024);
        Assert.That(
            Repository.ReadText("docs/operations.md").Replace('\n', ' '), Does.Contain(statement.Replace("{0}", $"{mebibytes}", StringComparison.Ordinal)));
    }
}
