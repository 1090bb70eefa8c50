using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Threading.Channels;
using KvTcp.Protocol;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary>
/// Asks for keys and prints their values in order. One task writes requests while another reads replies; a bounded queue of
/// the keys in flight lies between them, so memory stays flat however many keys there are.
/// </summary>
internal sealed class PipelinedGet
{
    /// <summary>Enough for a round trip of some milliseconds; with the batch in each hand about 4,000 requests are in flight.</summary>
    private const int BatchesInFlight = 2;

    private const int FlushThreshold = 64 * 1024;

    /// <summary>A value of the largest size that any server can hold, with what stands around it.</summary>
    private const int MaxReplyLine = DataFileOptions.LargestMaxValueLength + 4;

    private readonly ServerConnection _connection;
    private readonly bool _isSingle;
    private readonly int _badKeyExitCode;
    private readonly Channel<Guid[]> _inFlight = Channel.CreateBounded<Guid[]>(
        new BoundedChannelOptions(BatchesInFlight) { SingleReader = true, SingleWriter = true });

    /// <summary>Prepares.</summary>
    /// <param name="connection">The server; it stays the caller's.</param>
    /// <param name="isSingle">Whether to print the value alone.</param>
    /// <param name="badKeyExitCode">The exit code when the server refuses a key.</param>
    public PipelinedGet(ServerConnection connection, bool isSingle, int badKeyExitCode)
    {
        _connection = connection;
        _isSingle = isSingle;
        _badKeyExitCode = badKeyExitCode;
    }

    /// <summary>Runs to the end of the keys. May be called once.</summary>
    /// <param name="first">The first keys.</param>
    /// <param name="readKeys">Gives the next keys, and none at the end.</param>
    /// <param name="output">Receives the values.</param>
    /// <param name="misses">Receives a line for each key without a value.</param>
    /// <returns>Whether every key has a value.</returns>
    /// <exception cref="CommandException">A line is not a key, the server answered with an error, or it closed the connection.</exception>
    public async Task<bool> RunAsync(Guid[] first, Func<ValueTask<Guid[]>> readKeys, PipeWriter output, PipeWriter misses)
    {
        // The writer is not awaited when reading fails: it may be waiting for standard input.
        Task requests = WriteRequestsAsync(first, readKeys);
        bool isComplete = true;
        try
        {
            await foreach (Guid[] keys in _inFlight.Reader.ReadAllAsync())
            {
                isComplete &= await PrintRepliesAsync(keys, output, misses);
            }
        }
        finally
        {
            await output.FlushAsync();
            await misses.FlushAsync();
        }

        await requests;
        return isComplete;
    }

    private async Task WriteRequestsAsync(Guid[] first, Func<ValueTask<Guid[]>> readKeys)
    {
        // On the pool at once: reading standard input may block the caller.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            Guid[] keys = first;
            while (keys.Length > 0 && await TrySendAsync(keys))
            {
                keys = await readKeys();
            }

            _inFlight.Writer.Complete();
        }
#pragma warning disable CA1031 // It comes out at the reader, after the replies to the keys before it.
        catch (Exception e)
        {
            _inFlight.Writer.Complete(e);
        }
#pragma warning restore CA1031
    }

    /// <returns>False when the connection is broken: the reader, which waits for these replies, sees it too and knows why.</returns>
    private async Task<bool> TrySendAsync(Guid[] keys)
    {
        await _inFlight.Writer.WriteAsync(keys);
        foreach (Guid key in keys)
        {
            RequestWriter.WriteGet(_connection.Requests, key);
        }

        try
        {
            await _connection.Requests.FlushAsync();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task<bool> PrintRepliesAsync(Guid[] keys, PipeWriter output, PipeWriter misses)
    {
        bool isComplete = true;
        int answered = 0;
        long searched = 0;
        while (answered < keys.Length)
        {
            ReadResult read = await ReadAsync();
            ReadOnlySequence<byte> rest = read.Buffer;
            while (answered < keys.Length && TryReadReply(ref rest, ref searched, out Reply reply))
            {
                isComplete &= Print(keys[answered++], reply, output, misses);
                if (output.UnflushedBytes > FlushThreshold)
                {
                    await output.FlushAsync();
                }
            }

            _connection.Replies.AdvanceTo(rest.Start, answered < keys.Length ? rest.End : rest.Start);
            await output.FlushAsync();
            await misses.FlushAsync();
            if (answered < keys.Length && read.IsCompleted)
            {
                throw Broken("it closed the connection before it had answered every key");
            }
        }

        return isComplete;
    }

    private async ValueTask<ReadResult> ReadAsync()
    {
        try
        {
            return await _connection.Replies.ReadAsync();
        }
        catch (IOException e)
        {
            throw Broken("it broke the connection before it had answered every key", e);
        }
    }

    private bool TryReadReply(ref ReadOnlySequence<byte> rest, ref long searched, out Reply reply) =>
        ReplyParser.TryRead(ref rest, MaxReplyLine, ref searched, out reply) switch
        {
            ReplyStatus.Reply => true,
            ReplyStatus.Incomplete => false,
            _ => throw Broken("what it sends is not the line protocol; is it a KvTcp server?"),
        };

    private bool Print(Guid key, in Reply reply, PipeWriter output, PipeWriter misses)
    {
        switch (reply.Kind)
        {
            case ReplyKind.Ok:
                PrintValue(key, reply.Text, output);
                return true;
            case ReplyKind.NotFound:
                WriteKey(key, misses);
                misses.Write(": not found\n"u8);
                return false;
            case ReplyKind.Error:
                string text = Encoding.UTF8.GetString(reply.Text);
                throw reply.Code == ErrorCode.BadKey
                    ? new CommandException(_badKeyExitCode, $"{_connection.Server.Text} refuses {key}: {text}")
                    : Broken(text);
            default:
                throw Broken("it answers GET with several lines; is it a KvTcp server?");
        }
    }

    private void PrintValue(Guid key, in ReadOnlySequence<byte> value, PipeWriter output)
    {
        if (!_isSingle)
        {
            WriteKey(key, output);
            output.Write(" "u8);
        }

        foreach (ReadOnlyMemory<byte> part in value)
        {
            output.Write(part.Span);
        }

        output.Write("\n"u8);
    }

    private static void WriteKey(Guid key, PipeWriter output)
    {
        UuidText.Format(key, output.GetSpan(UuidText.Length));
        output.Advance(UuidText.Length);
    }

    private CommandException Broken(string what, Exception? cause = null) =>
        new(ExitCode.Unavailable, $"{_connection.Server.Text}: {what}", cause);
}
