namespace KvTcp.Compare;

/// <summary>How a program ended. Immutable.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Error">What it wrote to standard error.</param>
internal sealed record ProgramEnd(int ExitCode, string Output, string Error)
{
    /// <summary>Its last words: programs end with what went wrong.</summary>
    public string LastLine => (Error + Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [.., string last]
        ? last
        : $"it ended with {ExitCode}";
}
