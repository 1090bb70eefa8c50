using System.Net;
using KvTcp.Server;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Access;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public class WrongTokenLimitTests
{
    private static readonly IPAddress Attacker = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Other = IPAddress.Parse("192.0.2.2");

    [Test]
    public void After_the_allowance_no_token_counts_until_a_wrong_one_is_forgotten()
    {
        SteppedTime time = new();
        WrongTokenLimit limit = new(time);
        for (int i = 0; i < WrongTokenLimit.Allowance; i++)
        {
            Assert.That(limit.TryTake(Attacker, isRight: false), Is.True);
        }

        Assert.That(limit.TryTake(Attacker, isRight: false), Is.False);
        Assert.That(limit.TryTake(Attacker, isRight: true), Is.False, "a right one would tell that it is right");
        Assert.That(limit.TryTake(Other, isRight: true), Is.True);
        time.Pass(WrongTokenLimit.Interval);
        Assert.That(limit.TryTake(Attacker, isRight: true), Is.True);
        Assert.That(limit.TryTake(Attacker, isRight: false), Is.True);
        Assert.That(limit.TryTake(Attacker, isRight: false), Is.False);
    }

    [Test]
    public void Clock_that_is_set_changes_nothing()
    {
        SteppedTime time = new();
        WrongTokenLimit limit = new(time);
        for (int i = 0; i < WrongTokenLimit.Allowance; i++)
        {
            limit.TryTake(Attacker, isRight: false);
        }

        time.SetClock(TimeSpan.FromDays(1));
        Assert.That(limit.TryTake(Attacker, isRight: true), Is.False);
        time.SetClock(TimeSpan.FromDays(-2));
        time.Pass(WrongTokenLimit.Interval);
        Assert.That(limit.TryTake(Attacker, isRight: true), Is.True);
    }

    [Test]
    public void Right_tokens_are_without_limit_and_leave_nothing_behind()
    {
        WrongTokenLimit limit = new(new SteppedTime());
        Assert.That(Enumerable.Range(0, 1_000).All(_ => limit.TryTake(Other, isRight: true)));
        Assert.That(limit.Count, Is.Zero);
    }

    [Test]
    public void Million_addresses_take_no_more_room_than_the_limit_and_the_worst_stays_known()
    {
        WrongTokenLimit limit = new(new SteppedTime());
        for (int i = 0; i <= WrongTokenLimit.Allowance; i++)
        {
            limit.TryTake(Attacker, isRight: false);
        }

        for (uint i = 0; i < 10 * WrongTokenLimit.MaxAddresses; i++)
        {
            limit.TryTake(new IPAddress(i), isRight: false);
        }

        Assert.That(limit.Count, Is.EqualTo(WrongTokenLimit.MaxAddresses));
        Assert.That(limit.TryTake(Attacker, isRight: true), Is.False);
    }

    [Test]
    public void Addresses_whose_wrong_tokens_are_forgotten_make_room()
    {
        SteppedTime time = new();
        WrongTokenLimit limit = new(time);
        for (uint i = 0; i < WrongTokenLimit.MaxAddresses; i++)
        {
            limit.TryTake(new IPAddress(i), isRight: false);
        }

        time.Pass(WrongTokenLimit.Interval);
        limit.TryTake(Attacker, isRight: false);
        Assert.That(limit.Count, Is.EqualTo(1));
    }

    [TestCase("::ffff:192.0.2.1", "192.0.2.1", Description = "IPv4 as it comes over IPv6")]
    [TestCase("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", Description = "the network of an IPv6 address")]
    [TestCase("192.0.2.1", "192.0.2.1")]
    public void Addresses_of_one_client_count_together(string address, string client) =>
        Assert.That(ClientNetwork.Of(IPAddress.Parse(address)), Is.EqualTo(IPAddress.Parse(client)));
}
