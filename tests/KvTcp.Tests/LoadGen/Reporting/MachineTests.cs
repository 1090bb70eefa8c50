using KvTcp.LoadGen;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Reporting;

[TestFixture]
public class MachineTests
{
    [TestCase("processor : 0|model name\t: A name: with 3.0 GHz|model name\t: Another", "A name: with 3.0 GHz")]
    [TestCase("processor : 0|BogoMIPS : 50.00", "", "as on most ARM machines")]
    [TestCase("model name", "model name", "no colon")]
    [TestCase("", "")]
    public void ProcessorName_is_that_of_the_first(string lines, string expected, string reason = "") =>
        Assert.That(Machine.ProcessorName(lines.Split('|')), Is.EqualTo(expected), reason);

    [Test]
    public void Current_is_this_machine()
    {
        Machine machine = Machine.Current();

        Assert.That((machine.Processors, machine.Runtime), Is.EqualTo((Environment.ProcessorCount, $".NET {Environment.Version}")));
        Assert.That(machine.MemoryBytes, Is.GreaterThan(1 << 26));
        Assert.That(machine.System, Is.Not.Empty);
    }
}
