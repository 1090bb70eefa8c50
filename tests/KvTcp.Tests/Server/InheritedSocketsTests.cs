using KvTcp.Server;
using NUnit.Framework;

namespace KvTcp.Tests.Server;

public sealed class InheritedSocketsTests
{
    [TestCase(null, null, TestName = "No_variables_no_sockets")]
    [TestCase("8", "1", TestName = "Sockets_that_are_meant_for_another_process_are_left_alone")]
    [TestCase("7", null, TestName = "A_process_without_a_number_of_sockets_has_none")]
    [TestCase("7", "0", TestName = "No_sockets_are_none")]
    [TestCase("", "1", TestName = "No_process_is_not_this_one")]
    public void Find_finds_nothing(string? process, string? count) => Assert.That(
        InheritedSockets.Find(name => name is "LISTEN_PID" ? process : name is "LISTEN_FDS" ? count : null, process: 7), Is.Empty);

    [TestCase("-1")]
    [TestCase("three")]
    [TestCase("", Description = "set, and yet no number")]
    [TestCase("2147483645", Description = "descriptors beyond the last number")]
    [TestCase("99999999999", Description = "more than a number holds")]
    public void Find_of_a_number_that_is_none_says_so(string count) => Assert.That(
        () => InheritedSockets.Find(name => name is "LISTEN_PID" ? "7" : count, process: 7),
        Throws.InstanceOf<ListenException>().With.Message.StartsWith($"LISTEN_FDS is '{count}', which is no number of sockets"));

    [Test]
    public void Find_of_descriptors_that_are_not_there_says_so() => Assert.That(
        static () => InheritedSockets.Find(static name => name is "LISTEN_PID" ? "7" : "1000000", process: 7),
        Throws.InstanceOf<ListenException>().With.Message.Match("^descriptor [0-9]+, which LISTEN_FDS tells of, is of no use: "));
}
