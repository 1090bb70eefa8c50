namespace KvTcp.Cli;

/// <summary>The exit codes, after sysexits.h. The table stands in docs/command-line.md.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>A key was not found.</summary>
    public const int NotFound = 1;

    /// <summary>Two datasets differ.</summary>
    public const int Different = 1;

    /// <summary>A server refused to reload or to roll back, and goes on as before.</summary>
    public const int Refused = 1;

    /// <summary>The command line, an environment variable or the settings file is wrong.</summary>
    public const int Usage = 64;

    /// <summary>The data is bad.</summary>
    public const int BadData = 65;

    /// <summary>An input file is missing or cannot be opened.</summary>
    public const int NoInput = 66;

    /// <summary>An address cannot be bound or connected to, or the server does not answer.</summary>
    public const int Unavailable = 69;

    /// <summary>A bug.</summary>
    public const int Bug = 70;

    /// <summary>Reading or writing failed, or the system grants too little memory or too few open files.</summary>
    public const int InputOutput = 74;

    /// <summary>What shells report for a program that a signal ended.</summary>
    /// <param name="signal">The signal's number.</param>
    public static int ForSignal(int signal) => 128 + signal;
}
