using System.Buffers;
using System.Text;

namespace KvTcp.Tests.Support;

/// <summary>Bytes written as text in test tables: one character a byte, U+0000 to U+00FF.</summary>
internal static class ByteText
{
    private static readonly Encoding StrictLatin1 =
        Encoding.GetEncoding("latin1", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);

    public static byte[] Bytes(string text) => StrictLatin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static string Text(in ReadOnlySequence<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
