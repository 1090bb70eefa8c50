using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvTcp.Protocol;

// request = command *( 1*SP arg ) *SP [CR] LF             docs/protocol.md#grammar

/// <summary>Reads requests as bytes, without allocating. Thread-safe.</summary>
public static class RequestParser
{
    /// <summary>The length of <c>GET</c>, one space, a key and LF: the shape that nearly every request has.</summary>
    private const int PlainGetLength = 4 + UuidText.Length + 1;

    /// <summary>Reads the run of plain GET requests at the front of a buffer: the hot path.</summary>
    /// <param name="bytes">Received bytes, starting at the start of a request. They may end anywhere.</param>
    /// <param name="version4">Whether only version 4 keys are accepted.</param>
    /// <param name="keys">Receives the keys; its length bounds the run.</param>
    /// <param name="consumed">The length of the requests read, in bytes.</param>
    /// <returns>How many requests were read.</returns>
    /// <remarks>
    /// A plain GET is the word in any case, one space, a valid key, and LF or CRLF. The run ends before anything else, whether
    /// good or bad: <see cref="LineFraming"/> and <see cref="Parse"/> decide about that. No search for the LF is needed,
    /// because a valid key holds none and so its place is known. Compiled fully at once: optimised for the profile of its first
    /// calls, it takes twice as long for good when these happen to bring other requests.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int ReadPlainGets(ReadOnlySpan<byte> bytes, bool version4, Span<Guid> keys, out int consumed)
    {
        int count = 0;
        int offset = 0;
        while (count < keys.Length && bytes.Length - offset >= PlainGetLength)
        {
            ReadOnlySpan<byte> request = bytes.Slice(offset);
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(request) & 0xFF_DF_DF_DF;
            if (word != 0x20_54_45_47 /* "GET " */ ||
                !UuidText.TryParse(ref MemoryMarshal.GetReference(request.Slice(4)), out Guid key) ||
                (version4 && !UuidText.IsVersion4(key)))
            {
                break;
            }

            if (request[PlainGetLength - 1] == '\n')
            {
                offset += PlainGetLength;
            }
            else if (request[PlainGetLength - 1] == '\r' && request.Length > PlainGetLength && request[PlainGetLength] == '\n')
            {
                offset += PlainGetLength + 1;
            }
            else
            {
                break;
            }

            keys[count++] = key;
        }

        consumed = offset;
        return count;
    }

    /// <summary>Parses one request line.</summary>
    /// <param name="line">The line without its LF; a CR before it is part of <paramref name="line"/>.</param>
    /// <param name="request">
    /// The request. Its command is set for <see cref="RequestStatus.Request"/> and <see cref="RequestStatus.WrongArguments"/>.
    /// </param>
    /// <returns>What the line is. Arguments are counted, not looked at.</returns>
    public static RequestStatus Parse(ReadOnlySpan<byte> line, out Request request)
    {
        line = TrimLine(line);
        if (line.IsEmpty)
        {
            request = default;
            return RequestStatus.Blank;
        }

        int space = line.IndexOf((byte)' ');
        ReadOnlySpan<byte> word = space < 0 ? line : line.Slice(0, space);
        ReadOnlySpan<byte> arguments = space < 0 ? default : line.Slice(space).TrimStart((byte)' ');
        Command command = CommandTable.Identify(word);
        request = new Request(command, arguments);
        if (command != Command.None && CommandTable.Takes(command, arguments))
        {
            return RequestStatus.Request;
        }

        if (IsHttpRequestLine(line))
        {
            return RequestStatus.HttpRequest;
        }

        return command == Command.None ? RequestStatus.UnknownCommand : RequestStatus.WrongArguments;
    }

    /// <summary>A line without the CR that may end it and the spaces before that.</summary>
    /// <param name="line">The line without its LF.</param>
    public static ReadOnlySpan<byte> TrimLine(ReadOnlySpan<byte> line) =>
        (line.EndsWith("\r"u8) ? line.Slice(0, line.Length - 1) : line).TrimEnd((byte)' ');

    /// <summary>Counts arguments, malformed ones too.</summary>
    /// <param name="arguments"><see cref="Request.Arguments"/>.</param>
    public static int CountArguments(ReadOnlySpan<byte> arguments)
    {
        int count = 0;
        while (TryReadArgument(ref arguments, out _))
        {
            count++;
        }

        return count;
    }

    /// <summary>Takes the next argument.</summary>
    /// <param name="arguments"><see cref="Request.Arguments"/>, or what an earlier call left of them.</param>
    /// <param name="argument">The argument.</param>
    /// <returns>Whether there was one.</returns>
    public static bool TryReadArgument(ref ReadOnlySpan<byte> arguments, out ReadOnlySpan<byte> argument)
    {
        int space = arguments.IndexOf((byte)' ');
        if (space < 0)
        {
            argument = arguments;
            arguments = default;
            return !argument.IsEmpty;
        }

        Debug.Assert(space > 0, "The parser trims the spaces before an argument.");
        argument = arguments.Slice(0, space);
        arguments = arguments.Slice(space).TrimStart((byte)' ');
        return true;
    }

    /// <summary>Parses an argument as a key.</summary>
    /// <param name="argument">The argument.</param>
    /// <param name="version4">Whether only version 4 keys are accepted.</param>
    /// <param name="key">The key.</param>
    /// <returns>Whether it is one; if not, the reply is <see cref="ErrorCode.BadKey"/>.</returns>
    public static bool TryParseKey(ReadOnlySpan<byte> argument, bool version4, out Guid key) =>
        UuidText.TryParse(argument, out key) && (!version4 || UuidText.IsVersion4(key));

    // METHOD SP target SP "HTTP/1." DIGIT                 RFC 9112 section 3
    private static bool IsHttpRequestLine(ReadOnlySpan<byte> line)
    {
        const int VersionLength = 9;
        return line.Length > VersionLength && line[^1] is >= (byte)'0' and <= (byte)'9' && line.Slice(0, line.Length - 1).EndsWith(" HTTP/1."u8)
            && line.Slice(0, line.Length - VersionLength).ContainsAnyExcept((byte)' ');
    }
}
