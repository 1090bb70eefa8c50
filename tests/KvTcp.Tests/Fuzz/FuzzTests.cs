using KvTcp.Fuzz;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Fuzz;

/// <summary>A minute of new random input, and the inputs that once found something: <c>Cases/TARGET/NAME.bin</c>.</summary>
[TestFixture]
public sealed class FuzzTests
{
    /// <summary>The slowest target, data files, manages some ten thousand in its share of the minute on a machine of its own.</summary>
    private const int LeastInputs = 100;

    /// <summary>On a busy machine a target takes as many shares as it needs, up to these.</summary>
    private const int MostShares = 8;

    private static readonly TimeSpan Budget = TimeSpan.FromMinutes(1) / FuzzTarget.All.Count;

    private TemporaryDirectory _directory = null!;

    private static IEnumerable<string> Targets => FuzzTarget.All.Keys;

    private static IEnumerable<string> Cases =>
        Directory.GetFiles(Folder, "*.bin", SearchOption.AllDirectories).Select(static path => Path.GetRelativePath(Folder, path)).Order(StringComparer.Ordinal);

    private static string Folder => Repository.PathOf("tests/KvTcp.Tests/Fuzz/Cases");

    [SetUp]
    public void CreateDirectory() => _directory = new TemporaryDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [TestCaseSource(nameof(Targets))]
    public void New_inputs_find_nothing(string target)
    {
        long inputs = 0;
        for (int share = 0; share < MostShares && inputs < LeastInputs; share++)
        {
            ulong seed = (ulong)Random.Shared.NextInt64();
            TestContext.Out.WriteLine($"seed {seed}");
            FuzzResult result = FuzzRun.Run(
                target, FuzzTarget.All[target], seed, Budget, threads: 1, _directory.Root, FuzzRun.DefaultPatience, CancellationToken.None);
            Assert.That(result.Finding, Is.Null);
            inputs += result.Inputs;
        }

        Assert.That(inputs, Is.AtLeast(LeastInputs));
    }

    [TestCaseSource(nameof(Cases))]
    public void Input_that_once_failed_does_no_more(string path)
    {
        string name = Path.GetDirectoryName(path)!;
        using FuzzTarget target = FuzzTarget.All[name]();
        Assert.That(new InputSearch(name, target).Replay(File.ReadAllBytes(Path.Combine(Folder, path))), Is.Null);
    }
}
