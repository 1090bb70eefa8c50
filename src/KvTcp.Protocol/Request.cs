namespace KvTcp.Protocol;

/// <summary>A parsed request: a view of the line, valid as long as the line's bytes are.</summary>
public readonly ref struct Request
{
    /// <summary>Makes a request of its parts.</summary>
    /// <param name="command">The command.</param>
    /// <param name="arguments">The text of all arguments.</param>
    internal Request(Command command, ReadOnlySpan<byte> arguments)
    {
        Command = command;
        Arguments = arguments;
    }

    /// <summary>The command; <see cref="Command.None"/> when the word is unknown.</summary>
    public Command Command { get; }

    /// <summary>
    /// All arguments, from the first byte of the first to the last byte of the last; empty when there is none.
    /// <see cref="RequestParser.TryReadArgument"/> takes them apart.
    /// </summary>
    public ReadOnlySpan<byte> Arguments { get; }
}
