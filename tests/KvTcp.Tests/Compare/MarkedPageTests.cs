using KvTcp.Cli;
using KvTcp.Compare;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Compare;

[TestFixture]
public class MarkedPageTests
{
    private const string Page = "# Title\n\n<!-- begin a -->\nold\n<!-- end a -->\n\nText\n<!-- begin b -->\n<!-- end b -->\n";

    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new TemporaryDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public void Replace_changes_its_section_alone()
    {
        string path = _directory.Write("page.md", Page);
        MarkedPage.Replace(path, "a", "new\n");
        Assert.That(File.ReadAllText(path), Is.EqualTo("# Title\n\n<!-- begin a -->\n\nnew\n\n<!-- end a -->\n\nText\n<!-- begin b -->\n<!-- end b -->\n"));
    }

    [Test]
    public void Replace_twice_leaves_what_once_does()
    {
        string path = _directory.Write("page.md", Page);
        MarkedPage.Replace(path, "b", "table\n");
        string once = File.ReadAllText(path);
        MarkedPage.Replace(path, "b", "table\n");
        Assert.That(File.ReadAllText(path), Is.EqualTo(once));
    }

    [TestCase("<!-- end a -->\n", "'<!-- begin a -->' is missing", TestName = "No beginning")]
    [TestCase("<!-- begin a -->\n", "'<!-- end a -->' is missing", TestName = "No end")]
    [TestCase("<!-- begin ab -->\n<!-- end ab -->\n", "'<!-- begin a -->' is missing", TestName = "Another section, whose name begins the same")]
    [TestCase("<!-- begin a -->\n<!-- end a -->\n<!-- end a -->\n", "'<!-- end a -->' stands there twice", TestName = "Two ends")]
    [TestCase("<!-- end a -->\n<!-- begin a -->\n", "'<!-- end a -->' stands before its beginning", TestName = "The wrong way round")]
    public void Replace_refuses_a_page_without_its_section_and_leaves_it_alone(string page, string reason)
    {
        string path = _directory.Write("page.md", page);
        CommandException check = Assert.Throws<CommandException>(() => MarkedPage.Check(path, "a"))!;
        CommandException replace = Assert.Throws<CommandException>(() => MarkedPage.Replace(path, "a", "new\n"))!;
        Assert.That(check.Message, Does.Contain(path).And.Contain(reason));
        Assert.That((check.ExitCode, replace.Message), Is.EqualTo((ExitCode.BadData, check.Message)));
        Assert.That(File.ReadAllText(path), Is.EqualTo(page));
    }

    [Test]
    public void Check_refuses_a_page_that_is_not_there() =>
        Assert.That(
            () => MarkedPage.Check(_directory.PathOf("page.md"), "a"),
            Throws.TypeOf<CommandException>().With.Property("ExitCode").EqualTo(ExitCode.NoInput).And.Message.Contains("page.md is missing"));

    [TestCase(ComparisonPage.Section)]
    [TestCase(HoldPage.Section)]
    public void The_page_of_this_tree_has_the_sections(string section) =>
        Assert.That(() => MarkedPage.Check(Repository.PathOf("docs/performance.md"), section), Throws.Nothing);
}
