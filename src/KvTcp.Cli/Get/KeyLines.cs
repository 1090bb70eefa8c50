using System.Buffers;
using System.IO.Pipelines;
using KvTcp.Protocol;

namespace KvTcp.Cli;

/// <summary>Reads keys, one a line, in batches; blank lines are skipped.</summary>
internal sealed class KeyLines
{
    /// <summary>The most keys in a batch.</summary>
    public const int MaxBatch = 1024;

    /// <summary>A key line is 36 bytes; a longer one than this is not even searched for its end.</summary>
    public const int MaxLine = 256;

    private readonly PipeReader _input;
    private readonly string _name;
    private long _line;

    /// <summary>Takes the input.</summary>
    /// <param name="input">The lines.</param>
    /// <param name="name">The name that messages show.</param>
    public KeyLines(PipeReader input, string name)
    {
        _input = input;
        _name = name;
    }

    /// <summary>Reads every line that has arrived, up to a batch; waits when there is none.</summary>
    /// <returns>The keys; none at the end.</returns>
    /// <exception cref="CommandException">A line is not a key. The keys before it have been returned by earlier calls.</exception>
    public async ValueTask<Guid[]> ReadBatchAsync()
    {
        List<Guid> keys = [];
        while (true)
        {
            ReadResult read = await _input.ReadAsync();
            ReadOnlySequence<byte> rest = read.Buffer;
            bool isClean = TakeKeys(ref rest, read.IsCompleted, keys);
            _input.AdvanceTo(rest.Start, keys.Count > 0 || !isClean ? rest.Start : rest.End);
            if (keys.Count > 0)
            {
                return [.. keys];
            }

            if (!isClean)
            {
                throw new CommandException(
                    ExitCode.BadData, $"{_name}:{_line + 1}: not a key: a key is a UUID, 8-4-4-4-12 hexadecimal digits");
            }

            if (read.IsCompleted)
            {
                return [];
            }
        }
    }

    /// <returns>Whether it ended at the end of what is there, rather than at a line that is not a key.</returns>
    private bool TakeKeys(ref ReadOnlySequence<byte> rest, bool isLast, List<Guid> keys)
    {
        Span<byte> text = stackalloc byte[UuidText.Length];
        while (keys.Count < MaxBatch && !rest.IsEmpty)
        {
            ReadOnlySequence<byte> next = rest;
            long searched = 0;
            switch (LineFraming.TryReadLine(ref next, MaxLine, ref searched, out ReadOnlySequence<byte> line))
            {
                case FramingStatus.TooLong:
                    return false;
                case FramingStatus.Incomplete when !isLast:
                    return true;
                case FramingStatus.Incomplete:
                    line = rest;
                    next = rest.Slice(rest.End);
                    break;
            }

            line = WithoutCarriageReturn(line);
            if (!line.IsEmpty)
            {
                if (line.Length != UuidText.Length)
                {
                    return false;
                }

                line.CopyTo(text);
                if (!UuidText.TryParse(text, out Guid key))
                {
                    return false;
                }

                keys.Add(key);
            }

            _line++;
            rest = next;
        }

        return true;
    }

    private static ReadOnlySequence<byte> WithoutCarriageReturn(ReadOnlySequence<byte> line) =>
        !line.IsEmpty && line.Slice(line.Length - 1).FirstSpan[0] == (byte)'\r' ? line.Slice(0, line.Length - 1) : line;
}
