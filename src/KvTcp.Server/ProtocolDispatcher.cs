using System.Buffers;
using KvTcp.Protocol;

namespace KvTcp.Server;

/// <summary>Answers the requests of one connection in one protocol. One thread at a time.</summary>
internal abstract class ProtocolDispatcher : IDisposable
{
    /// <summary>Where the last whole reply ends, while a drain is in the middle of the next one that an earlier drain has begun.</summary>
    protected const long NoWholeReply = -1;

    /// <inheritdoc cref="RequestDispatcher.IsReplyUnderWay"/>
    public bool IsReplyUnderWay { get; protected set; }

    /// <inheritdoc cref="RequestDispatcher.IsPenalized"/>
    public virtual bool IsPenalized => false;

    /// <inheritdoc cref="RequestDispatcher.WaitAsync"/>
    public virtual Task WaitAsync() => Task.CompletedTask;

    /// <inheritdoc cref="RequestDispatcher.Drain"/>
    public abstract DrainStatus Drain(ref ReadOnlySequence<byte> buffer, IBufferWriter<byte> output);

    /// <summary>Answers a request whose end will never come.</summary>
    /// <param name="output">Receives the reply, if there is one.</param>
    public abstract void FinishInput(IBufferWriter<byte> output);

    /// <inheritdoc cref="RequestDispatcher.WriteError"/>
    public abstract void WriteError(IBufferWriter<byte> output, ErrorCode code, ReadOnlySpan<byte> text);

    /// <summary>Ends the use of the connection.</summary>
    public virtual void Dispose()
    {
    }
}
