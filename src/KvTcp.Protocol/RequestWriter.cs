using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace KvTcp.Protocol;

// request = command *( 1*SP arg ) *SP [CR] LF             docs/protocol.md#grammar

/// <summary>Writes requests, the client's side of <see cref="RequestParser"/>. Allocates nothing; thread-safe, the output is the caller's.</summary>
public static class RequestWriter
{
    /// <summary>The most keys of one MGET or EXISTS that fit in the longest request line.</summary>
    public const int MaxKeys = (LineFraming.MaxRequestLine - 7) / (UuidText.Length + 1);

    /// <summary>Writes <c>GET key</c>.</summary>
    /// <param name="output">Receives the request.</param>
    /// <param name="key">The key.</param>
    public static void WriteGet(IBufferWriter<byte> output, Guid key) => WriteKeys(output, Command.Get, [key]);

    /// <summary>Writes <c>MGET key ...</c>.</summary>
    /// <param name="output">Receives the request.</param>
    /// <param name="keys">1 to <see cref="MaxKeys"/> keys.</param>
    /// <exception cref="ArgumentOutOfRangeException">No key, or too many for a line.</exception>
    public static void WriteMGet(IBufferWriter<byte> output, ReadOnlySpan<Guid> keys) => WriteKeys(output, Command.MGet, keys);

    /// <summary>Writes <c>EXISTS key ...</c>.</summary>
    /// <param name="output">Receives the request.</param>
    /// <param name="keys">1 to <see cref="MaxKeys"/> keys.</param>
    /// <exception cref="ArgumentOutOfRangeException">No key, or too many for a line.</exception>
    public static void WriteExists(IBufferWriter<byte> output, ReadOnlySpan<Guid> keys) => WriteKeys(output, Command.Exists, keys);

    /// <summary>Writes a command without arguments.</summary>
    /// <param name="output">Receives the request.</param>
    /// <param name="command">A command that takes no argument.</param>
    /// <exception cref="ArgumentException"><paramref name="command"/> takes arguments.</exception>
    public static void WriteCommand(IBufferWriter<byte> output, Command command)
    {
        if (command is Command.None or > Command.Quit || !CommandTable.Takes(command, default))
        {
            throw new ArgumentException($"{command} is not a request without arguments.", nameof(command));
        }

        ReadOnlySpan<byte> word = CommandTable.Word(command);
        Span<byte> line = output.GetSpan(word.Length + 1);
        word.CopyTo(line);
        line[word.Length] = (byte)'\n';
        output.Advance(word.Length + 1);
    }

    /// <summary>Writes <c>AUTH token</c>.</summary>
    /// <param name="output">Receives the request.</param>
    /// <param name="token">The token: not empty, and without space, CR and LF.</param>
    /// <exception cref="ArgumentException"><paramref name="token"/> cannot stand in a request.</exception>
    public static void WriteAuth(IBufferWriter<byte> output, ReadOnlySpan<byte> token)
    {
        if (token.IsEmpty || token.IndexOfAny(" \r\n"u8) >= 0 || token.Length > LineFraming.MaxRequestLine - 6)
        {
            throw new ArgumentException("A token is not empty, has no space, CR or LF, and fits in a request line.", nameof(token));
        }

        Span<byte> line = output.GetSpan(token.Length + 6);
        "AUTH "u8.CopyTo(line);
        token.CopyTo(line.Slice(5));
        line[token.Length + 5] = (byte)'\n';
        output.Advance(token.Length + 6);
    }

    private static void WriteKeys(IBufferWriter<byte> output, Command command, ReadOnlySpan<Guid> keys)
    {
        if (keys.IsEmpty || keys.Length > MaxKeys)
        {
            ThrowKeyCount(nameof(keys), keys.Length);
        }

        ReadOnlySpan<byte> word = CommandTable.Word(command);
        int length = word.Length + keys.Length * (UuidText.Length + 1) + 1;
        Span<byte> line = output.GetSpan(length);
        word.CopyTo(line);
        int offset = word.Length;
        foreach (Guid key in keys)
        {
            line[offset] = (byte)' ';
            UuidText.Format(key, line.Slice(offset + 1));
            offset += UuidText.Length + 1;
        }

        line[offset] = (byte)'\n';
        output.Advance(length);
    }

    [DoesNotReturn]
    private static void ThrowKeyCount(string parameter, int count) =>
        throw new ArgumentOutOfRangeException(parameter, count, $"A request line holds 1 to {MaxKeys} keys.");
}
