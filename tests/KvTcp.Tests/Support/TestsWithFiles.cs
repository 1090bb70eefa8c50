using NUnit.Framework;

namespace KvTcp.Tests.Support;

/// <summary>Tests that write files, each into a directory of its own.</summary>
public abstract class TestsWithFiles
{
    private protected TemporaryDirectory Files { get; private set; } = null!;

    [SetUp]
    public void CreateDirectory() => Files = new TemporaryDirectory();

    [TearDown]
    public void RemoveDirectory() => Files.Dispose();
}
