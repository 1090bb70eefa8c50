using System.Text;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

public sealed class GenerateCommandTests : TestsWithFiles
{
    [Test]
    public async Task Generate_writes_the_example_data_that_is_shipped()
    {
        ProcessResult result = await KvTcpProgram.RunAsync("generate", "--count", "10000", "--seed", "1", "-o", "-");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        byte[] shipped = await File.ReadAllBytesAsync(Repository.PathOf("data/example.data"));
        Assert.That(result.OutputBytes.AsSpan().SequenceEqual(shipped), Is.True);
    }

    [Test]
    public async Task Generate_with_another_seed_writes_other_lines()
    {
        ProcessResult one = await KvTcpProgram.RunAsync("generate", "--count", "3", "--seed", "-1", "-o", "-");
        ProcessResult other = await KvTcpProgram.RunAsync("generate", "--count", "3", "--seed", "-2", "-o", "-");
        Assert.That(one.Output.Split('\n'), Has.Length.EqualTo(4));
        Assert.That(one.Output.Split('\n')[..3].Intersect(other.Output.Split('\n'), StringComparer.Ordinal), Is.Empty);
    }

    [TestCase("0", 0)]
    [TestCase("7", 7)]
    public async Task Generate_holds_values_to_their_length(string length, int expected)
    {
        ProcessResult result = await KvTcpProgram.RunAsync("generate", "--count", "50", "--value-length", length, "-o", "-");
        Assert.That(result.Output.TrimEnd('\n').Split('\n').Select(static line => line.Length), Is.All.EqualTo(37 + expected));
    }

    [Test]
    public async Task Generate_of_nothing_writes_an_empty_file()
    {
        string path = Files.Write("none.data", "before");
        ProcessResult result = await KvTcpProgram.RunAsync("generate", "--count", "0", "-o", path);
        Assert.That((result.ExitCode, new FileInfo(path).Length), Is.EqualTo((0, 0L)));
    }

    [Test]
    public async Task Generate_onto_a_full_disk_ends_with_74() =>
        (await KvTcpProgram.RunAsync("generate", "--count", "1", "-o", "/dev/full")).AssertError(74, "/dev/full", "No space left on device");

    [Test]
    public async Task Generate_beyond_the_file_size_limit_ends_with_74_and_leaves_the_old_file()
    {
        Files.Write("some.data", "before");
        ProcessResult result = await KvTcpProgram.RunInShellAsync(
            // Two variables of .NET that keep its own files, which count too, below the limit.
            "trap '' XFSZ; ulimit -f 64; export DOTNET_EnableWriteXorExecute=0 DOTNET_EnableDiagnostics=0; exec \"$kvtcp\" generate --count 100000 -o some.data",
            Files.Root);
        result.AssertError(74, "some.data", "too large");
        Assert.That(Directory.GetFiles(Files.Root).Select(Path.GetFileName), Is.EqualTo(["some.data"]));
        Assert.That(await File.ReadAllTextAsync(Files.PathOf("some.data")), Is.EqualTo("before"));
    }

    [Test]
    public async Task Generate_into_a_missingFiles_ends_with_74() =>
        (await KvTcpProgram.RunAsync("generate", "--count", "1", "-o", Files.PathOf("none/some.data")))
            .AssertError(74, Files.PathOf("none/some.data"), "its directory does not exist");

    [Test]
    public async Task Generate_whose_reader_goes_ends_without_a_word()
    {
        ProcessResult result = await KvTcpProgram.RunInShellAsync("\"$kvtcp\" generate --count 1000000000 -o - | head -n 1; echo ${PIPESTATUS[0]}");
        Assert.That(result.Error, Is.Empty);
        Assert.That(result.Output, Does.EndWith("\n0\n"));
    }

    [TestCase(2, 130)]
    [TestCase(15, 143)]
    public async Task Generate_that_is_interrupted_ends_with_128_and_the_signal(int signal, int exitCode)
    {
        using ProcessRun run = ProcessRun.Start(KvTcpProgram.Path, ["generate", "--count", "1000000000", "-o", "-"]);
        await run.Output.ReadExactlyAsync(new byte[100]);
        run.Signal(signal);
        ProcessResult result = await run.EndAsync();
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((exitCode, "")));
    }

    [TestCase(2, 130)]
    [TestCase(15, 143)]
    public async Task Generate_into_a_pipe_that_nobody_reads_ends_at_the_first_signal(int signal, int exitCode)
    {
        // The name of the thread that .NET hands signals out on, as far as Linux keeps it.
        const string SignalThread = ".NET SigHandler";
        string pipe = Files.PathOf("pipe");
        Assert.That((await ProcessRun.RunAsync("mkfifo", [pipe])).ExitCode, Is.Zero);
        using ProcessRun run = ProcessRun.Start("bash", ["-c", "echo $$; exec \"$0\" generate --count 1 -o \"$1\"", KvTcpProgram.Path, pipe]);
        byte[] id = new byte[16];
        int length = await run.Output.ReadAsync(id);
        string threads = $"/proc/{Encoding.ASCII.GetString(id, 0, length).Trim()}/task";
        await Patience.UntilAsync(
            async () => (await ThreadNamesAsync(threads)).Contains(SignalThread, StringComparer.Ordinal), "signals are handled");
        run.Signal(signal);
        ProcessResult result = await run.EndAsync();
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((exitCode, "")));
    }

    private static async Task<List<string>> ThreadNamesAsync(string directory)
    {
        List<string> names = [];
        foreach (string thread in Directory.GetDirectories(directory))
        {
            try
            {
                names.Add((await File.ReadAllTextAsync(Path.Combine(thread, "comm"))).Trim());
            }
            catch (IOException)
            {
                // The thread has ended in the meantime.
            }
        }

        return names;
    }
}
