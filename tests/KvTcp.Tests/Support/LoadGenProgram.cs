namespace KvTcp.Tests.Support;

/// <summary>Runs the real <c>loadgen</c>.</summary>
internal static class LoadGenProgram
{
    /// <summary>The program, built in the configuration of the tests.</summary>
    public static string Path { get; } = KvTcpProgram.Path.Replace("KvTcp.Cli", "KvTcp.LoadGen", StringComparison.Ordinal)
        .Replace("/kvtcp", "/loadgen", StringComparison.Ordinal);

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">Its arguments.</param>
    public static Task<ProcessResult> RunAsync(params IEnumerable<string> arguments) => ProcessRun.RunAsync(Path, arguments);

    /// <summary>Runs it to its end on a terminal, which both its outputs go to.</summary>
    /// <param name="environment">Variables to set.</param>
    /// <param name="arguments">Its arguments.</param>
    public static Task<ProcessResult> RunOnTerminalAsync(IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        string line = string.Join(' ', arguments.Prepend(Path).Select(static argument => $"'{argument}'"));
        return ProcessRun.RunAsync(
            "script",
            ["--quiet", "--return", "--command", line, "/dev/null"],
            environment: new Dictionary<string, string>(environment, StringComparer.Ordinal) { ["TERM"] = "xterm" });
    }
}
