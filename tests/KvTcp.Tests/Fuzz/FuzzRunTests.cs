using KvTcp.Fuzz;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Fuzz;

/// <summary>That what is wrong is found, shortened, kept and told, of targets that are wrong on purpose.</summary>
[TestFixture]
public sealed class FuzzRunTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private static readonly string Program = Repository.PathOf("artifacts/bin/KvTcp.Fuzz/release/fuzz");

    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new TemporaryDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public void Failure_is_found_shortened_to_what_matters_and_found_again_by_its_seed()
    {
        FuzzResult result = Run(static () => new FailingTarget((input, _) => input.Contains((byte)'!')));
        Assert.That(result.Finding!.Input, Is.EqualTo("!"u8.ToArray()));
        Assert.That(result.Finding.What, Is.EqualTo("it failed"));

        using FailingTarget again = new((input, _) => input.Contains((byte)'!'));
        Assert.That(new InputSearch("again", again).Try(result.Finding.Seed!.Value)!.Input, Is.EqualTo("!"u8.ToArray()));
    }

    [Test]
    public void Any_exception_is_a_finding_with_its_place()
    {
        FuzzResult result = Run(static () => new FailingTarget((input, _) => input[1000] == 0));
        Assert.That(result.Finding!.What, Does.StartWith("System.IndexOutOfRangeException").And.Contain(nameof(FuzzRunTests)));
    }

    [Test]
    public void Input_without_an_end_is_a_finding()
    {
        using ManualResetEventSlim never = new();
        try
        {
            FuzzResult result = Run(() => new FailingTarget((_, _) => { never.Wait(); return false; }), TimeSpan.FromMilliseconds(200));
            Assert.That(result.Finding!.What, Is.EqualTo("no end within 0.2 s"));
            Assert.That(result.Finding.Seed, Is.EqualTo(1));
        }
        finally
        {
            never.Set();
        }
    }

    [Test]
    public void Failure_that_depends_on_the_cut_is_found_again_when_its_input_is_replayed()
    {
        using FailingTarget target = new((_, random) => random.OneIn(8));
        Assert.That(new InputSearch("cut", target).Replay("any"u8)!.What, Is.EqualTo("it failed"));
    }

    [Test]
    public void Input_that_ends_the_process_is_known_to_the_next_run()
    {
        using (new Journal(_directory.Root, "uuid", threads: 2))
        {
            File.Copy(_directory.PathOf("uuid.running"), _directory.PathOf("kept"));
        }

        Assert.That(Journal.LeftIn(_directory.Root), Is.Empty, "a run that ends well leaves none");
        byte[] seeds = [7, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0];
        Assert.That(File.ReadAllBytes(_directory.PathOf("kept")), Has.Length.EqualTo(seeds.Length));
        File.WriteAllBytes(_directory.PathOf("uuid.running"), seeds);
        Assert.That(Journal.LeftIn(_directory.Root).Single().Seeds, Is.EqualTo(new ulong[] { 7, 9 }));
    }

    [Test]
    public async Task Command_keeps_what_it_finds_also_when_it_is_stopped_and_replays_it()
    {
        File.WriteAllBytes(_directory.PathOf("snapshot.running"), new byte[sizeof(ulong)]);
        ProcessResult stopped = await RunUntilSignalAsync();
        Assert.That((stopped.ExitCode, stopped.Error), Is.EqualTo((70, "")));
        Assert.That(stopped.Output, Does.StartWith("seed 5\n").And.Contains("snapshot, seed 0: a run before this one ended").And.EndsWith("1 found\n"));
        string kept = Directory.GetFiles(_directory.Root, "snapshot-*.bin").Single();
        Assert.That(stopped.Output, Does.Contain($"kept in {kept}\n"));

        ProcessResult replayed = await ProcessRun.RunAsync(Program, ["--target", "snapshot", "--replay", kept]);
        Assert.That((replayed.ExitCode, replayed.Output), Is.EqualTo((0, "nothing was found\n")), "that run was killed, the input is harmless");
    }

    [Test]
    public async Task Command_that_is_stopped_says_so_and_one_that_is_told_nonsense_too()
    {
        ProcessResult stopped = await RunUntilSignalAsync();
        Assert.That((stopped.ExitCode, stopped.Error), Is.EqualTo((130, "")));
        Assert.That(stopped.Output, Does.EndWith("nothing was found\n"));
        ProcessResult unknown = await ProcessRun.RunAsync(Program, ["--target", "nothing"]);
        unknown.AssertErrorOf("fuzz", 64, "--target: 'nothing' is not one of uuid, ");
    }

    private async Task<ProcessResult> RunUntilSignalAsync()
    {
        using ProcessRun run = ProcessRun.Start(Program, ["--target", "uuid", "--seed", "5", "--output", _directory.Root]);
        await Patience.UntilAsync(() => Task.FromResult(File.Exists(_directory.PathOf("uuid.running"))), "it runs");
        run.Signal(2);
        return await run.EndAsync();
    }

    private FuzzResult Run(Func<FuzzTarget> create, TimeSpan? patience = null) =>
        FuzzRun.Run("sample", create, seed: 1, Long, threads: 2, _directory.Root, patience ?? Long, CancellationToken.None);

    private delegate bool Failing(ReadOnlySpan<byte> input, InputRandom random);

    private sealed class FailingTarget(Failing fails) : FuzzTarget
    {
        public override void Make(List<byte> input, InputRandom random) => input.AddRandom(random, random.Below(100));

        public override void Check(ReadOnlySpan<byte> input, InputRandom random)
        {
            if (fails(input, random))
            {
                throw new FuzzException("it failed");
            }
        }
    }
}
