namespace KvTcp.Tests.Support;

/// <summary>Runs the real <c>loadgen</c>.</summary>
internal static class LoadGenProgram
{
    /// <summary>The program, built in the configuration of the tests.</summary>
    public static string Path { get; } = KvTcpProgram.Path.Replace("KvTcp.Cli", "KvTcp.LoadGen", StringComparison.Ordinal)[..^"kvtcp".Length] + "loadgen";

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">Its arguments.</param>
    public static Task<ProcessResult> RunAsync(params string[] arguments) => ProcessRun.RunAsync(Path, arguments);
}
