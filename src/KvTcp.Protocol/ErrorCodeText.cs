namespace KvTcp.Protocol;

/// <summary>The words that stand for <see cref="ErrorCode"/> on the wire. Thread-safe.</summary>
public static class ErrorCodeText
{
    /// <summary>The word of a code.</summary>
    /// <param name="code">Any code but <see cref="ErrorCode.Unrecognized"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="code"/> has no word.</exception>
    public static ReadOnlySpan<byte> Get(ErrorCode code) => code switch
    {
        ErrorCode.Unknown => "UNKNOWN"u8,
        ErrorCode.Args => "ARGS"u8,
        ErrorCode.BadKey => "BAD_KEY"u8,
        ErrorCode.TooLong => "TOO_LONG"u8,
        ErrorCode.Refused => "REFUSED"u8,
        ErrorCode.NoAuth => "NOAUTH"u8,
        ErrorCode.WrongPass => "WRONGPASS"u8,
        ErrorCode.Loading => "LOADING"u8,
        ErrorCode.Busy => "BUSY"u8,
        ErrorCode.Http => "HTTP"u8,
        ErrorCode.Internal => "INTERNAL"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "This code has no word."),
    };

    /// <summary>The code of a word.</summary>
    /// <param name="word">The second word of an <c>ERR</c> reply.</param>
    /// <returns>The code, or <see cref="ErrorCode.Unrecognized"/> for a word of a later version.</returns>
    public static ErrorCode Parse(ReadOnlySpan<byte> word)
    {
        for (ErrorCode code = ErrorCode.Unknown; code <= ErrorCode.Internal; code++)
        {
            if (word.SequenceEqual(Get(code)))
            {
                return code;
            }
        }

        return ErrorCode.Unrecognized;
    }
}
