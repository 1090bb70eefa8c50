using KvTcp.Client;
using NUnit.Framework;

namespace KvTcp.Tests.Client;

public sealed class BackoffTests
{
    private static readonly KvClientOptions Options = new()
    {
        ReconnectDelay = TimeSpan.FromMilliseconds(50),
        MaxReconnectDelay = TimeSpan.FromSeconds(5),
    };

    [TestCase(0, 1.0, 50, Description = "after a connection that worked")]
    [TestCase(0, 0.0, 0, Description = "the jitter starts at nothing")]
    [TestCase(1, 1.0, 100)]
    [TestCase(1, 0.5, 50)]
    [TestCase(6, 1.0, 3200)]
    [TestCase(7, 1.0, 5000, Description = "6,400 is over the bound")]
    [TestCase(int.MaxValue, 1.0, 5000, Description = "no overflow")]
    public void Delay_doubles_up_to_its_bound(int failures, double share, double milliseconds) =>
        Assert.That(Backoff.Delay(Options, failures, share).TotalMilliseconds, Is.EqualTo(milliseconds).Within(0.001));
}
