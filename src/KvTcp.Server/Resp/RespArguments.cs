using System.Buffers;
using KvTcp.Protocol.Resp;

namespace KvTcp.Server.Resp;

/// <summary>Takes a request's arguments from the received bytes, and throws those away that are longer than wanted. One thread at a time.</summary>
internal sealed class RespArguments
{
    private long _skip;

    /// <summary>How many arguments of the request have still to come.</summary>
    public int Left { get; private set; }

    /// <summary>Whether the last argument is longer than wanted: it is empty, and its bytes have still to be skipped.</summary>
    public bool IsSkipping => _skip > 0;

    /// <summary>Throws away what has arrived of an argument that is longer than wanted.</summary>
    public void Skip(ref ReadOnlySequence<byte> buffer)
    {
        long length = Math.Min(_skip, buffer.Length);
        buffer = buffer.Slice(length);
        _skip -= length;
    }

    /// <summary>Takes the header of a request; <see cref="Left"/> is 0 after one that is no request.</summary>
    public RespReadStatus ReadCount(ref ReadOnlySequence<byte> buffer)
    {
        RespReadStatus status = RespRequestParser.TryReadCount(ref buffer, out int count);
        Left = status == RespReadStatus.Done ? Math.Max(0, count) : 0;
        return status;
    }

    /// <summary>Takes an argument, or only its header when it is longer than wanted: what follows is then skipped.</summary>
    /// <param name="buffer">The received bytes.</param>
    /// <param name="wanted">The longest argument that is of use.</param>
    /// <param name="argument">The argument; empty when it is longer.</param>
    public RespReadStatus Read(ref ReadOnlySequence<byte> buffer, int wanted, out ReadOnlySequence<byte> argument)
    {
        argument = default;
        ReadOnlySequence<byte> rest = buffer;
        RespReadStatus status = RespRequestParser.TryReadLength(ref rest, out int length);
        if (status == RespReadStatus.Done && length > wanted)
        {
            _skip = length + 2L;
        }
        else if (status == RespReadStatus.Done)
        {
            status = RespRequestParser.TryReadArgument(ref rest, length, out argument);
        }

        if (status == RespReadStatus.Done)
        {
            buffer = rest;
            Left--;
        }

        return status;
    }

    /// <summary>Puts the last argument back, which was read from the front of a buffer.</summary>
    public void PutBack()
    {
        Left++;
        _skip = 0;
    }
}
