using System.Buffers;
using System.Text;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>A command without arguments that is answered with a text: VERSION, PING.</summary>
/// <param name="command">The command.</param>
internal sealed class TextRequest(Command command) : OneLineRequest<string>
{
    /// <inheritdoc/>
    public override Command Command => command;

    /// <inheritdoc/>
    protected override void Write(IBufferWriter<byte> output) => RequestWriter.WriteCommand(output, command);

    /// <inheritdoc/>
    protected override bool TryAccept(in Reply reply, ReplyCounters counters)
    {
        if (reply.Kind != ReplyKind.Ok)
        {
            return false;
        }

        counters.Replies++;
        if (TryClaim())
        {
            Complete(Encoding.UTF8.GetString(reply.Text));
        }

        return true;
    }
}
