using KvTcp.Server;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

[TestFixture]
public class HeapLimitTests
{
    private const long MiB = 1 << 20;

    [TestCase(242, 14, 96, Description = "an empty server in 256 MiB")]
    [TestCase(142, 14, 46, Description = "one with 100 MiB of data")]
    [TestCase(64, 0, 0)]
    [TestCase(40, 4, -10, Description = "not even room for the program")]
    public void PossibleBytes_is_half_of_what_others_and_the_program_leave(long available, long committed, long expected) =>
        Assert.That(HeapLimit.PossibleBytes(available * MiB, committed * MiB), Is.EqualTo(expected * MiB));
}
