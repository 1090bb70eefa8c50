using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvTcp.Protocol;

// reply = "OK" [ SP text ] LF | "NOT_FOUND" LF | "ERR" SP code SP text LF | "LINES" SP n LF n*( line LF )
// docs/protocol.md#grammar

/// <summary>
/// Writes replies into a buffer writer, many to a buffer. Not thread-safe; <see cref="Complete"/> hands over what is still held back.
/// </summary>
public ref struct ReplyWriter : IValueWriter
{
    private ReplyBuffer _buffer;

    /// <summary>Starts to write.</summary>
    /// <param name="output">Receives the replies.</param>
    public ReplyWriter(IBufferWriter<byte> output)
    {
        _buffer = new ReplyBuffer(output);
    }

    /// <summary>How many bytes this writer has written.</summary>
    public readonly long Written => _buffer.Written;

    /// <summary>Writes <c>OK value</c>.</summary>
    /// <param name="value">The value; no LF in it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteValue(scoped ReadOnlySpan<byte> value)
    {
        Debug.Assert(!value.Contains((byte)'\n'));
        Span<byte> free = _buffer.Free;
        if (free.Length < value.Length + 4)
        {
            WriteValueAcrossBuffers(value);
            return;
        }

        // "OK " as four bytes; the value, or its LF, overwrites the fourth.
        Unsafe.WriteUnaligned(ref MemoryMarshal.GetReference(free), OkSpace);
        value.CopyTo(free.Slice(3));
        free[value.Length + 3] = (byte)'\n';
        _buffer.Advance(value.Length + 4);
    }

    /// <summary>Writes the <c>OK </c> of a value that follows in parts.</summary>
    /// <param name="length">Ignored: the LF ends a value, not its length.</param>
    public void WriteValueStart(int length) => Write("OK "u8);

    /// <summary>Writes a part of a value, after <see cref="WriteValueStart"/>.</summary>
    /// <param name="part">The next bytes of the value; no LF in them.</param>
    public void WriteValuePart(scoped ReadOnlySpan<byte> part) => Write(part);

    /// <summary>Ends a value that was written in parts.</summary>
    public void WriteValueEnd() => Write("\n"u8);

    /// <summary>Writes <c>NOT_FOUND</c>.</summary>
    public void WriteNotFound() => Write("NOT_FOUND\n"u8);

    /// <summary>Writes <c>OK text</c>.</summary>
    /// <param name="text">The text; no LF in it.</param>
    public void WriteOk(scoped ReadOnlySpan<byte> text) => WriteValue(text);

    /// <summary>Writes <c>OK</c> alone.</summary>
    public void WriteOk() => Write("OK\n"u8);

    /// <summary>Writes <c>OK number</c>.</summary>
    /// <param name="number">The number, not negative.</param>
    public void WriteOk(long number)
    {
        Write("OK "u8);
        WriteNumberLine(number);
    }

    /// <summary>Writes <c>ERR code text</c>.</summary>
    /// <param name="code">The code.</param>
    /// <param name="text">The explanation, for people; no LF in it, and nothing that the client has sent.</param>
    public void WriteError(ErrorCode code, scoped ReadOnlySpan<byte> text)
    {
        Debug.Assert(!text.IsEmpty && !text.Contains((byte)'\n'));
        Write("ERR "u8);
        Write(ErrorCodeText.Get(code));
        Write(" "u8);
        WriteLine(text);
    }

    /// <summary>Writes <c>LINES count</c>; exactly so many <see cref="WriteLine"/> or GET replies follow.</summary>
    /// <param name="count">The number of lines.</param>
    public void WriteLines(int count)
    {
        Write("LINES "u8);
        WriteNumberLine(count);
    }

    /// <summary>Writes one of the lines announced by <see cref="WriteLines"/>.</summary>
    /// <param name="text">The line without LF.</param>
    public void WriteLine(scoped ReadOnlySpan<byte> text)
    {
        Write(text);
        Write("\n"u8);
    }

    /// <summary>Hands what was written to the output. Nothing may be written afterwards.</summary>
    public void Complete() => _buffer.Complete();

    private static uint OkSpace => BitConverter.IsLittleEndian ? 0x20_4B_4Fu : 0x4F_4B_20_00u;

    private void WriteNumberLine(long number)
    {
        Debug.Assert(number >= 0);
        Span<byte> text = stackalloc byte[20];
        bool formatted = Utf8Formatter.TryFormat(number, text, out int length);
        Debug.Assert(formatted);
        WriteLine(text.Slice(0, length));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteValueAcrossBuffers(scoped ReadOnlySpan<byte> value)
    {
        WriteValueStart(value.Length);
        WriteValuePart(value);
        WriteValueEnd();
    }

    private void Write(scoped ReadOnlySpan<byte> bytes) => _buffer.Write(bytes);
}
