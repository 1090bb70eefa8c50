namespace KvTcp.Protocol.Resp;

/// <summary>What <see cref="RespRequestParser"/> found. All but the first two are protocol errors: the server says so, and closes.</summary>
public enum RespReadStatus : byte
{
    /// <summary>What was asked for, now consumed.</summary>
    Done,

    /// <summary>Its end has not been received: read more. Nothing is consumed.</summary>
    Incomplete,

    /// <summary>A request does not begin with <c>*</c>.</summary>
    ExpectedArray,

    /// <summary>The number of arguments is no number, or over <see cref="RespRequestParser.MaxArguments"/>.</summary>
    InvalidCount,

    /// <summary>An argument does not begin with <c>$</c>.</summary>
    ExpectedBulk,

    /// <summary>The length of an argument is no number, negative, or over <see cref="RespRequestParser.MaxArgumentLength"/>.</summary>
    InvalidLength,

    /// <summary>No CRLF where the length of an argument puts its end.</summary>
    Unterminated,
}
