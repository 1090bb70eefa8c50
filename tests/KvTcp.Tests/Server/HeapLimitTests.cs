using KvTcp.Server;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

[TestFixture]
public class HeapLimitTests
{
    private const long MiB = 1 << 20;

    [TestCase(300, 20, 128)]
    [TestCase(64, 0, 0, Description = "room for the program only")]
    [TestCase(40, 4, -10, Description = "not even that")]
    [TestCase(long.MaxValue / MiB, 1, (long.MaxValue / MiB / 2) - 31, Description = "a limit that was taken away")]
    public void PossibleBytes_is_half_of_what_others_and_the_program_leave(long available, long committed, long expected) =>
        Assert.That(HeapLimit.PossibleBytes(available * MiB, committed * MiB), Is.EqualTo(expected * MiB).Within(MiB));
}
