using KvTcp.Protocol;
using KvTcp.Protocol.Resp;

namespace KvTcp.Server.Resp;

/// <summary>Answers the commands of one connection whose arguments are keys, a batch of keys at a time. One thread at a time.</summary>
/// <param name="keys">The connection's access to the dataset.</param>
internal sealed class RespKeyCommands(KeyLookups keys)
{
    private RespCommand _command;
    private HitCount _count;

    /// <summary>Whether a part of the reply is written before the last key has come.</summary>
    public bool IsReplyUnderWay => _command == RespCommand.MGet;

    private bool IsForValues => _command is RespCommand.Get or RespCommand.MGet;

    /// <summary>Begins a request.</summary>
    /// <param name="command">A command of keys.</param>
    /// <param name="count">How many keys follow.</param>
    /// <param name="writer">Receives the start of the reply.</param>
    public void Start(RespCommand command, int count, ref RespWriter writer)
    {
        _command = command;
        _count = default;
        if (command == RespCommand.MGet)
        {
            writer.WriteArray(count);
        }
    }

    /// <summary>Answers the keys of the batch, or takes note of what there is of them.</summary>
    /// <param name="writer">Receives the values that are asked for.</param>
    /// <param name="maxOutput">How much the writer may have written in all.</param>
    /// <returns>Whether the batch is empty; if not, there is no room, or an engine has to be waited for.</returns>
    public bool TryAnswerBatch(ref RespWriter writer, int maxOutput) =>
        IsForValues ? keys.TryAnswerBatch(ref writer, maxOutput) : keys.TryAnswerBatch(ref _count, long.MaxValue);

    /// <summary>Answers a key that is no UUID: no dataset has it.</summary>
    public void AnswerMalformed(ref RespWriter writer)
    {
        keys.CountMalformed();
        if (IsForValues)
        {
            writer.WriteNotFound();
        }
    }

    /// <summary>Ends a request; all its keys are answered.</summary>
    public void Finish(ref RespWriter writer)
    {
        if (!IsForValues && _count.Failure is (ErrorCode code, byte[] text))
        {
            writer.WriteError(code, text);
            return;
        }

        switch (_command)
        {
            case RespCommand.Exists:
                writer.WriteInteger(_count.Hits);
                break;
            case RespCommand.StrLen:
                writer.WriteInteger(_count.Length);
                break;
            case RespCommand.Type:
                writer.WriteSimple(_count.Hits > 0 ? "string"u8 : "none"u8);
                break;
            case RespCommand.Ttl or RespCommand.PTtl:
                // No key expires.
                writer.WriteInteger(_count.Hits > 0 ? -1 : -2);
                break;
        }
    }
}
