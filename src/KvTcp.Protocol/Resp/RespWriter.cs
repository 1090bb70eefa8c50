using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace KvTcp.Protocol.Resp;

// simple  = "+" text CRLF          error = "-" text CRLF      integer = ":" number CRLF
// bulk    = "$" length CRLF bytes CRLF                         null    = "$-1" CRLF (RESP2) | "_" CRLF (RESP3)
// array   = "*" n CRLF n*element                               map     = "*" 2n CRLF (RESP2) | "%" n CRLF (RESP3), n*( key value )
// https://redis.io/docs/latest/develop/reference/protocol-spec/

/// <summary>Writes replies of RESP2 and RESP3. Not thread-safe; <see cref="Complete"/> hands over what is still held back.</summary>
public ref struct RespWriter : IValueWriter
{
    /// <summary>The longest header of a bulk: its type, ten digits, CRLF.</summary>
    private const int LongestHeader = 13;

    private ReplyBuffer _buffer;

    /// <summary>Starts to write.</summary>
    /// <param name="output">Receives the replies.</param>
    /// <param name="isResp3">Whether the connection has asked for RESP3.</param>
    public RespWriter(IBufferWriter<byte> output, bool isResp3)
    {
        _buffer = new ReplyBuffer(output);
        IsResp3 = isResp3;
    }

    /// <inheritdoc/>
    public readonly long Written => _buffer.Written;

    /// <summary>Whether replies are of RESP3; it may change between two replies.</summary>
    public bool IsResp3 { get; set; }

    /// <summary>Writes a simple string, such as <c>+OK</c>.</summary>
    /// <param name="text">The text; no CR or LF in it.</param>
    public void WriteSimple(scoped ReadOnlySpan<byte> text) => WriteLine((byte)'+', text);

    /// <summary>Writes an error.</summary>
    /// <param name="text">Its code, a space, and what it means; no CR or LF in it.</param>
    public void WriteError(scoped ReadOnlySpan<byte> text) => WriteLine((byte)'-', text);

    /// <inheritdoc/>
    public void WriteError(ErrorCode code, scoped ReadOnlySpan<byte> text)
    {
        _buffer.Write(code == ErrorCode.Loading ? "-LOADING "u8 : "-ERR "u8);
        _buffer.Write(text);
        _buffer.Write("\r\n"u8);
    }

    /// <summary>Writes an integer.</summary>
    /// <param name="number">Any number.</param>
    public void WriteInteger(long number) => WriteNumber((byte)':', number);

    /// <summary>Writes the header of an array; so many replies follow.</summary>
    /// <param name="count">The number of elements.</param>
    public void WriteArray(int count) => WriteNumber((byte)'*', count);

    /// <summary>Writes the header of a map; twice so many replies follow, a key before each value. In RESP2 it is an array of both.</summary>
    /// <param name="count">The number of pairs.</param>
    public void WriteMap(int count) => WriteNumber(IsResp3 ? (byte)'%' : (byte)'*', IsResp3 ? count : 2L * count);

    /// <summary>Writes text of several lines for people: a verbatim string, in RESP2 a bulk.</summary>
    /// <param name="text">Any text.</param>
    public void WriteText(scoped ReadOnlySpan<byte> text)
    {
        if (!IsResp3)
        {
            WriteValue(text);
            return;
        }

        WriteNumber((byte)'=', text.Length + 4);
        _buffer.Write("txt:"u8);
        _buffer.Write(text);
        WriteValueEnd();
    }

    /// <summary>Writes a bulk: any bytes.</summary>
    /// <param name="value">The bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteValue(scoped ReadOnlySpan<byte> value)
    {
        Span<byte> free = _buffer.Free;
        if (value.Length > 99 || free.Length < value.Length + LongestHeader + 2)
        {
            WriteLongValue(value);
            return;
        }

        // Most values are short: their header is "$d" or "$dd".
        int at = 1;
        free[0] = (byte)'$';
        (int tens, int ones) = Math.DivRem(value.Length, 10);
        if (tens > 0)
        {
            free[at++] = (byte)('0' + tens);
        }

        free[at++] = (byte)('0' + ones);
        free[at++] = (byte)'\r';
        free[at++] = (byte)'\n';
        value.CopyTo(free.Slice(at));
        at += value.Length;
        free[at++] = (byte)'\r';
        free[at++] = (byte)'\n';
        _buffer.Advance(at);
    }

    /// <inheritdoc/>
    public void WriteValueStart(int length) => WriteNumber((byte)'$', length);

    /// <inheritdoc/>
    public void WriteValuePart(scoped ReadOnlySpan<byte> part) => _buffer.Write(part);

    /// <inheritdoc/>
    public void WriteValueEnd() => _buffer.Write("\r\n"u8);

    /// <summary>Writes null.</summary>
    public void WriteNotFound() => _buffer.Write(IsResp3 ? "_\r\n"u8 : "$-1\r\n"u8);

    /// <summary>Hands what was written to the output. Nothing may be written afterwards.</summary>
    public void Complete() => _buffer.Complete();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteLongValue(scoped ReadOnlySpan<byte> value)
    {
        WriteValueStart(value.Length);
        WriteValuePart(value);
        WriteValueEnd();
    }

    private void WriteLine(byte type, scoped ReadOnlySpan<byte> text)
    {
        Debug.Assert(text.IndexOfAny((byte)'\r', (byte)'\n') < 0);
        _buffer.Write([type]);
        _buffer.Write(text);
        _buffer.Write("\r\n"u8);
    }

    private void WriteNumber(byte type, long number)
    {
        Span<byte> line = stackalloc byte[1 + 20 + 2];
        line[0] = type;
        bool formatted = Utf8Formatter.TryFormat(number, line.Slice(1), out int length);
        Debug.Assert(formatted);
        "\r\n"u8.CopyTo(line.Slice(1 + length));
        _buffer.Write(line.Slice(0, 1 + length + 2));
    }
}
