namespace KvTcp.Cli;

/// <summary>How a message of a server's log is written.</summary>
internal enum LogFormat
{
    /// <summary>A line for people.</summary>
    Text,

    /// <summary>A line with a JSON object.</summary>
    Json,
}
