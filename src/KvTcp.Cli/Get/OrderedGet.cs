using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Channels;
using KvTcp.Client;
using KvTcp.Protocol;

namespace KvTcp.Cli;

/// <summary>
/// Asks for keys and prints their values in order. One task asks while another prints; a bounded number of requests lies between them, so
/// memory stays flat however many keys there are.
/// </summary>
internal sealed class OrderedGet
{
    private const int FlushThreshold = 64 * 1024;

    private readonly KvClient _client;
    private readonly string _server;
    private readonly bool _isSingle;
    private readonly int _badKeyExitCode;
    private readonly RequestWindow _window;
    private readonly Channel<(Guid Key, Task<byte[]?> Value)> _asked = Channel.CreateUnbounded<(Guid, Task<byte[]?>)>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    /// <summary>Prepares.</summary>
    /// <param name="client">A client of one server; it stays the caller's.</param>
    /// <param name="window">Bounds the requests under way; it stays the caller's.</param>
    /// <param name="server">The server that messages name.</param>
    /// <param name="isSingle">Whether to print the value alone.</param>
    /// <param name="badKeyExitCode">The exit code when the server refuses a key.</param>
    public OrderedGet(KvClient client, RequestWindow window, string server, bool isSingle, int badKeyExitCode)
    {
        _client = client;
        _window = window;
        _server = server;
        _isSingle = isSingle;
        _badKeyExitCode = badKeyExitCode;
    }

    /// <summary>Runs to the end of the keys. May be called once.</summary>
    /// <param name="first">The first keys.</param>
    /// <param name="readKeys">Gives the next keys, and none at the end.</param>
    /// <param name="output">Receives the values.</param>
    /// <param name="misses">Receives a line for each key without a value.</param>
    /// <returns>Whether every key has a value.</returns>
    /// <exception cref="CommandException">A line is not a key, the server answered with an error, or the connection ended.</exception>
    public async Task<bool> RunAsync(Guid[] first, Func<ValueTask<Guid[]>> readKeys, PipeWriter output, PipeWriter misses)
    {
        // It is not awaited when printing fails: it may be waiting for standard input.
        Task asking = AskAsync(first, readKeys);
        bool isComplete = true;
        try
        {
            while (await _asked.Reader.WaitToReadAsync())
            {
                while (_asked.Reader.TryRead(out (Guid Key, Task<byte[]?> Value) asked))
                {
                    if (!asked.Value.IsCompleted || output.UnflushedBytes > FlushThreshold)
                    {
                        await output.FlushAsync();
                        await misses.FlushAsync();
                    }

                    isComplete &= Print(asked.Key, await AnswerAsync(asked.Key, asked.Value), output, misses);
                }

                await output.FlushAsync();
                await misses.FlushAsync();
            }
        }
        finally
        {
            await output.FlushAsync();
            await misses.FlushAsync();
        }

        await asking;
        return isComplete;
    }

    private async Task AskAsync(Guid[] first, Func<ValueTask<Guid[]>> readKeys)
    {
        // On the pool at once: reading standard input may block the caller.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            for (Guid[] keys = first; keys.Length > 0; keys = await readKeys())
            {
                foreach (Guid key in keys)
                {
                    await _window.EnterAsync();
                    _asked.Writer.TryWrite((key, _client.GetAsync(key).AsTask()));
                }
            }

            _asked.Writer.Complete();
        }
#pragma warning disable CA1031 // It comes out where values are printed, after those of the keys before it.
        catch (Exception e)
        {
            _asked.Writer.Complete(e);
        }
#pragma warning restore CA1031
    }

    private async Task<byte[]?> AnswerAsync(Guid key, Task<byte[]?> request)
    {
        try
        {
            byte[]? value = await request;
            _window.Leave(value?.Length ?? 0);
            return value;
        }
        catch (KvServerException e) when (e.Code == ErrorCode.BadKey)
        {
            throw new CommandException(_badKeyExitCode, $"{_server} refuses {key}: {e.Message}", e);
        }
        catch (KvServerException e)
        {
            throw new CommandException(ExitCode.Unavailable, $"{_server}: {e.Message}", e);
        }
        catch (KvConnectionException e)
        {
            throw new CommandException(ExitCode.Unavailable, e.Message, e);
        }
    }

    private bool Print(Guid key, byte[]? value, PipeWriter output, PipeWriter misses)
    {
        if (value is null)
        {
            WriteKey(key, misses);
            misses.Write(": not found\n"u8);
            return false;
        }

        if (!_isSingle)
        {
            WriteKey(key, output);
            output.Write(" "u8);
        }

        output.Write(value);
        output.Write("\n"u8);
        return true;
    }

    private static void WriteKey(Guid key, PipeWriter output)
    {
        UuidText.Format(key, output.GetSpan(UuidText.Length));
        output.Advance(UuidText.Length);
    }
}
