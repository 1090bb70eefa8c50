namespace KvTcp.Store;

/// <summary>The data is bad: a bad line, a duplicate key where none may be, damaged gzip, or a snapshot that cannot be read.</summary>
/// <remarks>The message is one line that begins with the place (<c>source:line: reason</c>) and ends with the total.</remarks>
public sealed class DataFileException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line: where, what, how many in all.</param>
    /// <param name="report">What was read.</param>
    /// <param name="innerException">The cause, when there is one.</param>
    public DataFileException(string message, LoadReport report, Exception? innerException = null)
        : base(message, innerException)
    {
        ArgumentNullException.ThrowIfNull(report);
        Report = report;
    }

    /// <summary>What was read: all counts, and the first bad lines. <see cref="LoadReport.Pairs"/> is 0.</summary>
    public LoadReport Report { get; }
}
