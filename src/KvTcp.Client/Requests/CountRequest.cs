using System.Buffers;
using KvTcp.Protocol;

namespace KvTcp.Client;

/// <summary>COUNT.</summary>
internal sealed class CountRequest : NumberRequest
{
    /// <inheritdoc/>
    public override Command Command => Command.Count;

    /// <inheritdoc/>
    protected override void Write(IBufferWriter<byte> output) => RequestWriter.WriteCommand(output, Command.Count);
}
