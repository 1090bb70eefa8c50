using System.Text;
using KvTcp.Redis.Cluster;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Redis.Cluster;

[TestFixture]
public class KeySlotTests
{
    [TestCase("123456789", 0x31C3, "the check value of CRC-16/XMODEM")]
    [TestCase("", 0, "nothing")]
    [TestCase("foo", 12182, "as the specification has it")]
    [TestCase("{user1000}.following", 3443, "a hashtag")]
    [TestCase("{user1000}.followers", 3443, "the same hashtag")]
    public void Of_is_the_slot_that_the_specification_names(string key, int slot, string reason) =>
        Assert.That(KeySlot.Of(Encoding.ASCII.GetBytes(key)), Is.EqualTo(slot % KeySlot.Count), reason);

    [TestCase("foo{}{bar}", "foo{}{bar}", "empty braces are no hashtag, and no later ones count")]
    [TestCase("foo{{bar}}zap", "{bar", "from the first brace to the first that closes")]
    [TestCase("foo{bar}{zap}", "bar", "only the first")]
    [TestCase("foo{bar", "foo{bar", "no end")]
    [TestCase("foo}bar{", "foo}bar{", "the wrong way round")]
    public async Task Of_hashes_what_is_between_the_first_braces_as_Redis_does(string key, string hashed, string reason)
    {
        RedisCluster cluster = await RedisCluster.SharedAsync();
        int slot = KeySlot.Of(Encoding.ASCII.GetBytes(key));
        Assert.That((await cluster.Masters[0].AskAsync("CLUSTER", "KEYSLOT", key)).Number, Is.EqualTo(slot), reason);
        if (!hashed.Contains('{', StringComparison.Ordinal))
        {
            Assert.That(slot, Is.EqualTo(KeySlot.Of(Encoding.ASCII.GetBytes(hashed))), reason);
        }
    }

    [Test]
    public async Task Of_a_UUID_is_what_Redis_says()
    {
        RedisCluster cluster = await RedisCluster.SharedAsync();
        for (int i = 0; i < 200; i++)
        {
            string key = TestDataset.Key(i * 7919).ToString();
            Assert.That(KeySlot.Of(Encoding.ASCII.GetBytes(key)), Is.EqualTo((await cluster.Masters[1].AskAsync("CLUSTER", "KEYSLOT", key)).Number));
        }
    }
}
