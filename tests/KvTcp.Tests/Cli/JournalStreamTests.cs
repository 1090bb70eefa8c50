using KvTcp.Cli;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

public sealed class JournalStreamTests
{
    [TestCase("8:12345", "socket:[12345]", true)]
    [TestCase("8:12345", "socket:[1234]", false, Description = "the process has sent its standard error elsewhere")]
    [TestCase("8:12345", "pipe:[12345]", false)]
    [TestCase("8:12345", "/var/log/kvtcp.log", false)]
    [TestCase("8:12345", null, false, Description = "there is no /proc, or no standard error")]
    [TestCase(null, "socket:[12345]", false)]
    [TestCase("", "socket:[]", false)]
    [TestCase("8:", "socket:[]", false)]
    [TestCase("12345", "socket:[12345]", false)]
    public void Journal_reads_the_descriptor_that_systemd_has_announced(string? announced, string? target, bool isStream) =>
        Assert.That(JournalStream.IsStream(announced, target), Is.EqualTo(isStream));
}
