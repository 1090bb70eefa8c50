using System.Buffers;
using KvTcp.Protocol;

namespace KvTcp.Tests.Support;

/// <summary>A request as plain values, for comparison.</summary>
internal sealed record SeenRequest(RequestStatus Status, Command Command = Command.None, string Arguments = "");

/// <summary>Reads requests from a stream the way that a server without a fast path does.</summary>
internal static class RequestReading
{
    /// <summary>All whole requests in a buffer, which afterwards starts at the first incomplete one.</summary>
    public static List<SeenRequest> ReadAll(ref ReadOnlySequence<byte> buffer)
    {
        List<SeenRequest> requests = [];
        long searched = 0;
        while (LineFraming.TryReadLine(ref buffer, LineFraming.MaxRequestLine, ref searched, out ReadOnlySequence<byte> line)
            == FramingStatus.Line)
        {
            requests.Add(Parse(line.ToArray()));
        }

        return requests;
    }

    /// <summary>One line, without its LF.</summary>
    public static SeenRequest Parse(ReadOnlySpan<byte> line)
    {
        RequestStatus status = RequestParser.Parse(line, out Request request);
        return status is RequestStatus.Request or RequestStatus.WrongArguments
            ? new SeenRequest(status, request.Command, string.Join('|', Arguments(request)))
            : new SeenRequest(status);
    }

    private static List<string> Arguments(Request request)
    {
        List<string> arguments = [];
        ReadOnlySpan<byte> rest = request.Arguments;
        while (RequestParser.TryReadArgument(ref rest, out ReadOnlySpan<byte> argument))
        {
            arguments.Add(ByteText.Text(argument));
        }

        return arguments;
    }
}
