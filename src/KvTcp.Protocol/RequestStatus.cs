namespace KvTcp.Protocol;

/// <summary>What <see cref="RequestParser.Parse"/> made of a line.</summary>
public enum RequestStatus : byte
{
    /// <summary>A command with a number of arguments that it takes.</summary>
    Request,

    /// <summary>A blank line: ignored, without a reply.</summary>
    Blank,

    /// <summary>No such command: <see cref="ErrorCode.Unknown"/>.</summary>
    UnknownCommand,

    /// <summary>Too few or too many arguments: <see cref="ErrorCode.Args"/>.</summary>
    WrongArguments,

    /// <summary>The first line of an HTTP/1 request: <see cref="ErrorCode.Http"/>.</summary>
    HttpRequest,
}
