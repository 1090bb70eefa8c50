using KvTcp.Server;
using KvTcp.Tests.Support;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Access;

/// <summary>Files that change while the server runs.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
public class CredentialWatchTests
{
    private TemporaryDirectory _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = new TemporaryDirectory();

    [TearDown]
    public void RemoveDirectory() => _directory.Dispose();

    [Test]
    public async Task Token_follows_its_file_and_stays_while_that_holds_none()
    {
        string path = _directory.Write("token", "first\n");
        TokenGuard guard = new(AuthToken.TryCreate(TokenFile.ReadText(path))!);
        using RecordedLog log = new();
        await using CredentialWatch watch = new([new TokenFile(path, guard)], log);
        Assert.That(Check(guard, "first"), Is.EqualTo(TokenVerdict.Right));

        foreach ((string content, string reason) in new[] { ("", "a token is"), ("two words", "a token is"), (new string('x', 2_000), "a token is") })
        {
            int before = Refusals(log, reason);
            _directory.Write("token", content);
            await Patience.UntilAsync(() => Task.FromResult(Refusals(log, reason) > before), $"{content.Length} characters are refused");
            Assert.That(Check(guard, "first"), Is.EqualTo(TokenVerdict.Right));
        }

        File.Delete(path);
        await Patience.UntilAsync(() => Task.FromResult(Refusals(log, "cannot be read") == 1), "a missing file is refused, once");
        Assert.That(Check(guard, "first"), Is.EqualTo(TokenVerdict.Right));

        _directory.Write("token", "second");
        await Patience.UntilAsync(() => Task.FromResult(Check(guard, "second") == TokenVerdict.Right), "the new token counts");
        Assert.That(Check(guard, "first"), Is.EqualTo(TokenVerdict.Wrong));
        Assert.That(log.Texts(LogLevel.Information), Has.None.Contain("second"), "no log has the token");
    }

    [Test]
    public async Task File_that_becomes_usable_and_looks_the_same_is_taken_in_time()
    {
        ScriptedFiles files = new(_directory.Write("some", "text"));
        SteppedTime time = new();
        using RecordedLog log = new();
        await using CredentialWatch watch = new([files], log, time);
        watch.Reload();
        await Patience.UntilAsync(() => Task.FromResult(Refusals(log, "not yet") == 1), "it is refused");
        time.Pass(CredentialWatch.RetryInterval);
        await Patience.UntilAsync(() => Task.FromResult(Refusals(log, "not yet") == 2), "it is tried again");
        files.IsUsable = true;
        time.Pass(CredentialWatch.RetryInterval);
        await Patience.UntilAsync(() => Task.FromResult(log.Texts(LogLevel.Information).Any(static line => line.StartsWith("Loaded some", StringComparison.Ordinal))), "it is loaded");
    }

    [Test]
    public async Task Failure_that_nobody_expects_is_an_error_and_the_watch_goes_on()
    {
        ScriptedFiles files = new(_directory.Write("some", "text")) { Failure = new FormatException("unheard of") };
        using RecordedLog log = new();
        await using CredentialWatch watch = new([files], log);
        watch.Reload();
        await Patience.UntilAsync(() => Task.FromResult(log.Errors.Any(static line => line.Contains("unheard of", StringComparison.Ordinal))), "it is an error");
        files.IsUsable = true;
        watch.Reload();
        await Patience.UntilAsync(() => Task.FromResult(log.Texts(LogLevel.Information).Any(static line => line.StartsWith("Loaded some", StringComparison.Ordinal))), "it is loaded");
    }

    [Test]
    public async Task Directory_in_the_place_of_a_file_is_refused()
    {
        string path = _directory.Write("token", "first");
        TokenGuard guard = new(AuthToken.TryCreate("first")!);
        using RecordedLog log = new();
        await using CredentialWatch watch = new([new TokenFile(path, guard)], log);
        File.Delete(path);
        Directory.CreateDirectory(path);
        watch.Reload();
        await Patience.UntilAsync(() => Task.FromResult(Refusals(log, "cannot be read") == 1), "it is refused");
        Assert.That(Check(guard, "first"), Is.EqualTo(TokenVerdict.Right));
    }

    [Test]
    public async Task Storm_of_reloads_does_not_load_once_for_each()
    {
        string path = _directory.Write("token", "first");
        using RecordedLog log = new();
        await using CredentialWatch watch = new([new TokenFile(path, new TokenGuard(AuthToken.TryCreate("first")!))], log);
        const int Times = 10_000;
        Parallel.For(0, Times, _ => watch.Reload());
        await Patience.UntilAsync(() => Task.FromResult(Loads(log) > 0), "it is loaded");
        Assert.That(Loads(log), Is.LessThan(Times));
    }

    private static TokenVerdict Check(TokenGuard guard, string token) => guard.Check(ByteText.Bytes(token), client: null);

    private static int Loads(RecordedLog log) => log.Texts(LogLevel.Information).Count(static line => line.StartsWith("Loaded the token", StringComparison.Ordinal));

    private static int Refusals(RecordedLog log, string reason) => log.Texts(LogLevel.Warning).Count(line => line.Contains(reason, StringComparison.Ordinal));

    private sealed class ScriptedFiles(string path) : CredentialFiles
    {
        private volatile bool _isUsable;

        public bool IsUsable
        {
            set => _isUsable = value;
        }

        public Exception Failure { get; init; } = new CredentialException("not yet", isUnreadable: false);

        internal override IReadOnlyList<string> Paths => [path];

        internal override string Description => "some";

        internal override bool Load() => _isUsable ? true : throw Failure;
    }
}
