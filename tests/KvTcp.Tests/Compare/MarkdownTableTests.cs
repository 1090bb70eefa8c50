using KvTcp.Compare;
using NUnit.Framework;

namespace KvTcp.Tests.Compare;

[TestFixture]
public class MarkdownTableTests
{
    [Test]
    public void Table_has_headings_and_a_line_for_each_row()
    {
        MarkdownTable table = new("server", "p50");
        table.Add("kvtcp", "1");
        table.Add("redis", "2");
        Assert.That(table.ToString(), Is.EqualTo("| server | p50 |\n|---|---|\n| kvtcp | 1 |\n| redis | 2 |\n"));
    }

    [Test]
    public void A_bar_in_a_cell_does_not_end_it()
    {
        MarkdownTable table = new("reason");
        table.Add("a|b");
        Assert.That(table.ToString(), Does.EndWith("| a\\|b |\n"));
    }

    [TestCase(1)]
    [TestCase(3)]
    public void A_row_of_another_length_is_refused(int cells) =>
        Assert.That(() => new MarkdownTable("a", "b").Add(Enumerable.Repeat("x", cells)), Throws.ArgumentException);
}
