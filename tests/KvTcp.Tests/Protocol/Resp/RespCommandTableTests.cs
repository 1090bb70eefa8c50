using KvTcp.Protocol.Resp;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol.Resp;

[TestFixture]
public class RespCommandTableTests
{
    [Test]
    public void Find_finds_every_command_in_any_case()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (RespCommandInfo command in RespCommandTable.All)
            {
                Assert.That(RespCommandTable.Find(ByteText.Bytes(command.Name)), Is.SameAs(command));
                Assert.That(RespCommandTable.Find(ByteText.Bytes(command.Name.ToUpperInvariant())), Is.SameAs(command));
            }
        }
    }

    [Test]
    public void All_has_every_command_once()
    {
        RespCommand[] expected = [.. Enum.GetValues<RespCommand>().Except([RespCommand.None, RespCommand.Write])];

        Assert.That(RespCommandTable.All.Select(static c => c.Command), Is.EquivalentTo(expected));
    }

    [TestCase("set", "the best-known write")]
    [TestCase("ZREMRANGEBYSCORE", "a long word")]
    [TestCase("GeoRadiusByMember", "mixed case")]
    public void Find_knows_a_write(string word, string reason) =>
        Assert.That(RespCommandTable.Find(ByteText.Bytes(word))?.Command, Is.EqualTo(RespCommand.Write), reason);

    [TestCase("", "nothing")]
    [TestCase("gets", "longer")]
    [TestCase("ge", "shorter")]
    [TestCase("g\u00C9t", "not ASCII")]
    [TestCase("aaaaaaaaaaaaaaaaaaaaa", "longer than any word")]
    [TestCase("subscribe", "a command of Redis that is neither answered nor a write")]
    public void Find_knows_no_other(string word, string reason) =>
        Assert.That(RespCommandTable.Find(ByteText.Bytes(word)), Is.Null, reason);

    [TestCase("get", 1, false)]
    [TestCase("get", 2, true)]
    [TestCase("get", 3, false)]
    [TestCase("mget", 1, false)]
    [TestCase("mget", 2, true)]
    [TestCase("mget", 1000, true)]
    [TestCase("ping", 1, true)]
    public void Takes_is_about_the_number_of_arguments_with_the_word(string word, int count, bool expected) =>
        Assert.That(RespCommandTable.Find(ByteText.Bytes(word))!.Takes(count), Is.EqualTo(expected));
}
