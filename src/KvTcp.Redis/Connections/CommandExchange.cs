using System.Buffers;
using System.Text;
using KvTcp.Protocol.Resp;

namespace KvTcp.Redis.Connections;

/// <summary>One command whose reply is wanted whole.</summary>
internal sealed class CommandExchange : RedisExchange
{
    private readonly ArrayBufferWriter<byte> _request = new();

    /// <summary>Writes the command.</summary>
    /// <param name="arguments">Its word, and its arguments.</param>
    public CommandExchange(params ReadOnlySpan<string> arguments)
    {
        RespWriter writer = new(_request, isResp3: false);
        writer.WriteArray(arguments.Length);
        foreach (string argument in arguments)
        {
            writer.WriteValue(Encoding.UTF8.GetBytes(argument));
        }

        writer.Complete();
    }

    public override ReadOnlyMemory<byte> Requests => _request.WrittenMemory;

    /// <summary>The reply, once it is there.</summary>
    public RedisReply? Reply { get; private set; }

    public override bool TakeReplies(ref ReadOnlySpan<byte> received, int maxBulkLength, out long needed)
    {
        needed = 0;
        Reply = RedisReply.TryRead(ref received, maxBulkLength);
        return Reply is not null;
    }
}
