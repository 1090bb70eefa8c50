using System.IO.Pipelines;
using System.Text;
using KvTcp.Cli;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

public sealed class KeyLinesTests
{
    private const string First = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private const string Second = "6BA7B810-9DAD-41D1-80B4-00C04FD430C9";

    [TestCase("", TestName = "ReadBatch_of_nothing_ends")]
    [TestCase("\n\r\n\n", TestName = "ReadBatch_of_blank_lines_ends")]
    public async Task ReadBatchAsync_without_keys_ends(string text) => Assert.That(await ReadAllAsync(text), Is.Empty);

    [TestCase($"{First}\n{Second}\n", TestName = "ReadBatch_of_LF_lines")]
    [TestCase($"{First}\r\n{Second}\r\n", TestName = "ReadBatch_of_CRLF_lines")]
    [TestCase($"\n{First}\n\n{Second}", TestName = "ReadBatch_with_blank_lines_and_no_last_LF")]
    [TestCase($"{First}\r\n{Second}\r", TestName = "ReadBatch_with_a_last_CR")]
    public async Task ReadBatchAsync_reads_keys(string text) =>
        Assert.That(await ReadAllAsync(text), Is.EqualTo([Guid.Parse(First), Guid.Parse(Second)]));

    [TestCase($"{First}\nx\n", 2, TestName = "ReadBatch_of_a_short_line_fails")]
    [TestCase($"{First}\n{First} \n", 2, TestName = "ReadBatch_of_a_trailing_space_fails")]
    [TestCase($"{First}\n\n {First}", 3, TestName = "ReadBatch_of_a_leading_space_fails_with_its_line")]
    [TestCase($"{First}\n{{{First}}}\n", 2, TestName = "ReadBatch_of_braces_fails")]
    [TestCase($"{First}\n6ba7b810-9dad-41d1-80b4-00c04fd430cg\n", 2, TestName = "ReadBatch_of_a_bad_digit_fails")]
    public async Task ReadBatchAsync_of_another_line_fails_after_the_keys_before_it(string text, int line)
    {
        KeyLines lines = Lines(text);
        Assert.That(await lines.ReadBatchAsync(), Is.EqualTo([Guid.Parse(First)]));
        CommandException? error = await Assert.ThrowsAsync<CommandException>(async () => await lines.ReadBatchAsync());
        Assert.That((error!.ExitCode, error.Message), Is.EqualTo((65, $"keys:{line}: not a key: a key is a UUID, 8-4-4-4-12 hexadecimal digits")));
    }

    [Test]
    public void ReadBatchAsync_of_an_endless_line_fails() =>
        Assert.That(async () => await Lines(new string('a', 100_000)).ReadBatchAsync(), Throws.TypeOf<CommandException>());

    [Test]
    public async Task ReadBatchAsync_fails_as_soon_as_a_line_without_an_end_has_the_most_bytes()
    {
        Pipe pipe = new();
        KeyLines lines = new(pipe.Reader, "keys");
        await pipe.Writer.WriteAsync(new byte[KeyLines.MaxLine - 1]);
        Task<Guid[]> read = lines.ReadBatchAsync().AsTask();
        Assert.That(read.IsCompleted, Is.False, "the line may still end");
        await pipe.Writer.WriteAsync(new byte[1]);
        Assert.That(async () => await read.WaitAsync(Patience.Limit), Throws.TypeOf<CommandException>());
    }

    [Test]
    public async Task ReadBatchAsync_gives_at_most_a_batch()
    {
        KeyLines lines = Lines(string.Concat(Enumerable.Repeat(First + "\n", KeyLines.MaxBatch + 1)));
        Assert.That(await lines.ReadBatchAsync(), Has.Length.EqualTo(KeyLines.MaxBatch));
        Assert.That(await lines.ReadBatchAsync(), Has.Length.EqualTo(1));
        Assert.That(await lines.ReadBatchAsync(), Is.Empty);
    }

    [Test]
    public async Task ReadBatchAsync_gives_what_has_arrived_without_waiting_for_more()
    {
        Pipe pipe = new();
        KeyLines lines = new(pipe.Reader, "keys");
        await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes($"{First}\n{Second[..20]}"));
        Assert.That(await lines.ReadBatchAsync(), Is.EqualTo([Guid.Parse(First)]));
        await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes($"{Second[20..]}\n"));
        Assert.That(await lines.ReadBatchAsync(), Is.EqualTo([Guid.Parse(Second)]));
    }

    private static KeyLines Lines(string text) => new(PipeReader.Create(new MemoryStream(Encoding.ASCII.GetBytes(text)), new StreamPipeReaderOptions(bufferSize: 64 * 1024)), "keys");

    private static async Task<List<Guid>> ReadAllAsync(string text)
    {
        KeyLines lines = Lines(text);
        List<Guid> all = [];
        while (await lines.ReadBatchAsync() is { Length: > 0 } keys)
        {
            all.AddRange(keys);
        }

        return all;
    }
}
