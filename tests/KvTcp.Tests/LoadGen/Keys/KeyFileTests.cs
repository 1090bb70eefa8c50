using System.Text;
using KvTcp.LoadGen;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.LoadGen.Keys;

public sealed class KeyFileTests
{
    private const string Key1 = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private const string Key2 = "6BA7B811-9DAD-41D1-80B4-00C04FD430C8";
    private const string Key3 = "6ba7b812-9dad-41d1-80b4-00c04fd430c8";

    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new TemporaryDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [TestCase($"{Key1} one\n{Key2} two\n", TestName = "Lines_that_end_in_LF")]
    [TestCase($"{Key1} one\n{Key2} two", TestName = "A_last_line_without_LF")]
    [TestCase($"{Key1} one\r\n{Key2} two\r\n", TestName = "Lines_that_end_in_CR_LF")]
    [TestCase($"{Key1} one\r\n{Key2} two\r", TestName = "A_last_line_that_ends_in_CR")]
    [TestCase($"\ufeff{Key1} one\n{Key2} two\n", TestName = "A_byte_order_mark")]
    [TestCase($"\n\r\n{Key1} one\n\n{Key2} two\n\n", TestName = "Blank_lines")]
    public void Open_finds_the_pairs(string content)
    {
        using KeyFile file = KeyFile.Open(_directory.Write("data", content));
        Assert.That(Pairs(file), Is.EqualTo([(Key1, "one"), (Key2, "two")]));
    }

    [Test]
    public void Value_is_everything_after_the_first_space()
    {
        using KeyFile file = KeyFile.Open(_directory.Write("data", $"{Key1}  a b \n{Key2} \n{Key3} é\n"));
        Assert.That(Pairs(file), Is.EqualTo([(Key1, " a b "), (Key2, ""), (Key3, "é")]));
    }

    [TestCase("", "holds no key")]
    [TestCase("\n\n", "holds no key")]
    [TestCase($"{Key1} one\nnonsense\n", "data:2: the line does not start with a UUID and a space")]
    [TestCase($"\n{Key1}\n", "data:2: ")]
    [TestCase($"{Key1}x one\n", "data:1: ")]
    [TestCase(" \n", "data:1: ")]
    public void Open_of_a_file_that_is_no_data_file_says_why(string content, string message) =>
        Assert.That(() => KeyFile.Open(_directory.Write("data", content)), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(message));

    [Test]
    public void Open_of_a_compressed_file_says_so()
    {
        File.WriteAllBytes(_directory.PathOf("data"), GzipText.Of(Encoding.UTF8.GetBytes($"{Key1} one\n")));
        Assert.That(
            () => KeyFile.Open(_directory.PathOf("data")), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("compressed"));
    }

    [Test]
    public void Open_of_no_file_is_the_systems_error() =>
        Assert.That(() => KeyFile.Open(_directory.PathOf("none")), Throws.InstanceOf<FileNotFoundException>());

    [Test]
    public void UseLastOfDuplicates_gives_every_line_of_a_key_its_last_value()
    {
        string content = $"{Key1} first\n{Key2} two\n{Key1.ToUpperInvariant()} second\n{Key3} three\n{Key1} third\n";
        using KeyFile file = KeyFile.Open(_directory.Write("data", content));
        file.UseLastOfDuplicates();
        Assert.That(
            Pairs(file).Select(static pair => pair.Value), Is.EqualTo(["third", "two", "third", "three", "third"]));
    }

    [Test]
    public void More_lines_than_the_first_guess_are_all_found()
    {
        // A line of the shortest kind, so that the array of lines has to grow.
        StringBuilder content = new();
        for (int i = 0; i < 5000; i++)
        {
            content.Append(TestDataset.Key(i)).Append(" \n");
        }

        using KeyFile file = KeyFile.Open(_directory.Write("data", content.ToString()));
        file.UseLastOfDuplicates();
        Assert.That(Pairs(file).Select(static pair => Guid.Parse(pair.Key)), Is.EqualTo(Enumerable.Range(0, 5000).Select(TestDataset.Key)));
    }

    private static (string Key, string Value)[] Pairs(KeyFile file) =>
        [.. Enumerable.Range(0, file.Count).Select(i => (Encoding.UTF8.GetString(file.Key(i)), Encoding.UTF8.GetString(file.Value(i))))];
}
