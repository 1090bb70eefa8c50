using System.Buffers;
using System.Text;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>STATS: lines of name, space and value.</summary>
internal sealed class StatsRequest : ManyLinesRequest<IReadOnlyDictionary<string, string>>
{
    /// <summary>Servers have some tens of figures; what sends more than this is no KvTcp server.</summary>
    private const int MaxLines = 10_000;

    private readonly Dictionary<string, string> _figures = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override Command Command => Command.Stats;

    /// <inheritdoc/>
    protected override void Write(IBufferWriter<byte> output)
    {
        base.Write(output);
        _figures.Clear();
        RequestWriter.WriteCommand(output, Command.Stats);
    }

    /// <inheritdoc/>
    protected override bool Expects(int lineCount) => lineCount <= MaxLines;

    /// <inheritdoc/>
    protected override ReplyStatus ReadLine(
        ref ReadOnlySequence<byte> received, int maxLine, ref long searched, int index, ReplyCounters counters)
    {
        ReadOnlySequence<byte> rest = received;
        switch (LineFraming.TryReadLine(ref rest, maxLine, ref searched, out ReadOnlySequence<byte> line))
        {
            case FramingStatus.Incomplete:
                return ReplyStatus.Incomplete;
            case FramingStatus.TooLong:
                return ReplyStatus.Invalid;
        }

        string text = Encoding.UTF8.GetString(line);
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space <= 0)
        {
            return ReplyStatus.Invalid;
        }

        _figures[text[..space]] = text[(space + 1)..];
        received = rest;
        return ReplyStatus.Reply;
    }

    /// <inheritdoc/>
    protected override void Finish() => Complete(_figures);
}
