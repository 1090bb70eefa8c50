namespace KvTcp.Cli;

/// <summary>Ends the command with an error that its user can mend; the message is shown as it is, after <c>kvtcp: </c>.</summary>
internal sealed class CommandException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
    /// <param name="message">One line: what, where, what to do.</param>
    /// <param name="innerException">The cause, shown with <c>--verbose</c>.</param>
    public CommandException(int exitCode, string message, Exception? innerException = null)
        : base(message, innerException) => ExitCode = exitCode;

    public int ExitCode { get; }
}
