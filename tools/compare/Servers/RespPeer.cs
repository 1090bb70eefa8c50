using System.Buffers;
using System.Text;
using KvTcp.LoadGen;

namespace KvTcp.Compare;

/// <summary>A server that speaks RESP.</summary>
internal abstract class RespPeer : StoringPeer
{
    public override WireProtocol Protocol => WireProtocol.Resp;

    public override ReadOnlyMemory<byte> CountRequest { get; } = "*1\r\n$6\r\nDBSIZE\r\n"u8.ToArray();

    public override ReadOnlyMemory<byte> Stored { get; } = "+OK\r\n"u8.ToArray();

    public override long? ReadCount(string reply)
    {
        if (!reply.EndsWith("\r\n", StringComparison.Ordinal))
        {
            return null;
        }

        return reply is [':', .. string count] ? long.Parse(count.AsSpan().TrimEnd()) : throw new FormatException(reply.TrimEnd());
    }

    public override void WriteStore(IBufferWriter<byte> output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        output.Write("*3\r\n$3\r\nSET\r\n"u8);
        WriteBulk(output, key);
        WriteBulk(output, value);
    }

    private static void WriteBulk(IBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        output.Write(Encoding.ASCII.GetBytes($"${text.Length}\r\n"));
        output.Write(text);
        output.Write("\r\n"u8);
    }
}
