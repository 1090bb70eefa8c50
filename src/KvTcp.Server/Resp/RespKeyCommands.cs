using System.Diagnostics;
using KvTcp.Protocol.Resp;

namespace KvTcp.Server.Resp;

/// <summary>Answers the commands of one connection whose arguments are keys, a batch of keys at a time. One thread at a time.</summary>
/// <param name="keys">The connection's access to the dataset.</param>
internal sealed class RespKeyCommands(KeyLookups keys)
{
    private RespCommand _command;
    private long _hits;

    /// <summary>Whether a part of the reply is written before the last key has come.</summary>
    public bool IsReplyUnderWay => _command == RespCommand.MGet;

    /// <summary>Begins a request.</summary>
    /// <param name="command">A command of keys.</param>
    /// <param name="count">How many keys follow.</param>
    /// <param name="writer">Receives the start of the reply.</param>
    public void Start(RespCommand command, int count, ref RespWriter writer)
    {
        _command = command;
        _hits = 0;
        if (command == RespCommand.MGet)
        {
            writer.WriteArray(count);
        }
    }

    /// <summary>Looks up the keys of the batch. The values that are asked for stay in it, to be written; for the rest it is emptied.</summary>
    public void AnswerBatch(ref RespWriter writer)
    {
        int hits = keys.Resolve();
        if (_command is RespCommand.Get or RespCommand.MGet)
        {
            return;
        }

        Debug.Assert(_command == RespCommand.Exists || keys.Batch.Count == 1);
        int length = keys.Batch.First.Value.Length;
        keys.Batch.Clear();
        _hits += hits;
        AnswerOne(hits > 0, length, ref writer);
    }

    /// <summary>Answers a key that is no UUID: no dataset has it.</summary>
    public void AnswerMalformed(ref RespWriter writer)
    {
        keys.CountMalformed();
        if (_command is RespCommand.Get or RespCommand.MGet)
        {
            writer.WriteNotFound();
        }
        else
        {
            AnswerOne(isHit: false, length: 0, ref writer);
        }
    }

    /// <summary>Ends a request; all its keys are answered.</summary>
    public void Finish(ref RespWriter writer)
    {
        if (_command == RespCommand.Exists)
        {
            writer.WriteInteger(_hits);
        }
    }

    private void AnswerOne(bool isHit, int length, ref RespWriter writer)
    {
        switch (_command)
        {
            case RespCommand.StrLen:
                writer.WriteInteger(length);
                break;
            case RespCommand.Type:
                writer.WriteSimple(isHit ? "string"u8 : "none"u8);
                break;
            case RespCommand.Ttl or RespCommand.PTtl:
                // No key expires.
                writer.WriteInteger(isHit ? -1 : -2);
                break;
        }
    }
}
