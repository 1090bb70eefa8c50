using KvTcp.Cli;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

public sealed class OutputFileTests : TestsWithFiles
{
    [Test]
    public void Dispose_before_Complete_leaves_the_old_file_and_nothing_else()
    {
        string path = Files.Write("f", "old");
        using (OutputFile output = OutputFile.Create(path))
        {
            output.Stream.Write("new"u8);
        }

        Assert.That(File.ReadAllText(path), Is.EqualTo("old"));
        Assert.That(Directory.GetFileSystemEntries(Files.Root), Has.Length.EqualTo(1));
    }

    [Test]
    public void Complete_replaces_the_file_that_a_link_names()
    {
        string path = Files.Write("f", "old");
        File.CreateSymbolicLink(Files.PathOf("link"), "f");
        using (OutputFile output = OutputFile.Create(Files.PathOf("link")))
        {
            output.Stream.Write("new"u8);
            output.Complete();
        }

        Assert.That(File.ReadAllText(path), Is.EqualTo("new"));
        Assert.That(new FileInfo(Files.PathOf("link")).LinkTarget, Is.EqualTo("f"));
        Assert.That(Directory.GetFileSystemEntries(Files.Root), Has.Length.EqualTo(2));
    }

    [Test]
    public void Create_with_a_name_of_255_bytes_works()
    {
        string path = Files.PathOf(new string('n', 255));
        using OutputFile output = OutputFile.Create(path);
        output.Complete();
        Assert.That(File.Exists(path), Is.True);
    }

    [Test]
    public void Create_of_a_device_writes_to_it()
    {
        using OutputFile output = OutputFile.Create("/dev/null");
        output.Stream.Write("new"u8);
        output.Complete();
        Assert.That(File.ResolveLinkTarget("/dev/null", returnFinalTarget: false), Is.Null);
        Assert.That(new FileInfo("/dev/null").Length, Is.Zero);
    }

    [Test]
    public void Create_of_aFiles_fails_with_74() =>
        Assert.That(() => OutputFile.Create(Files.Root), Throws.TypeOf<CommandException>().With.Property("ExitCode").EqualTo(74));
}
