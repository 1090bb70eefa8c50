using System.Text;

namespace KvTcp.Tests.Support;

/// <summary>Runs the real <c>kvtcp</c>.</summary>
internal static class KvTcpProgram
{
    /// <summary>The program, built in the configuration of the tests.</summary>
    public static string Path { get; } = Repository.PathOf(
        $"artifacts/bin/KvTcp.Cli/{System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory))}/kvtcp");

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">Its arguments.</param>
    public static Task<ProcessResult> RunAsync(params string[] arguments) => ProcessRun.RunAsync(Path, arguments);

    /// <summary>Runs it to its end with standard input.</summary>
    /// <param name="input">Standard input.</param>
    /// <param name="arguments">Its arguments.</param>
    public static Task<ProcessResult> RunWithInputAsync(string input, params string[] arguments) =>
        ProcessRun.RunAsync(Path, arguments, Encoding.UTF8.GetBytes(input));

    /// <summary>Runs it to its end through a shell, for redirections.</summary>
    /// <param name="script">The script; <c>$kvtcp</c> is the program.</param>
    /// <param name="directory">The current directory.</param>
    public static Task<ProcessResult> RunInShellAsync(string script, string? directory = null) => ProcessRun.RunAsync(
        "bash", ["-c", script], directory: directory, environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["kvtcp"] = Path });

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <param name="arguments">The arguments after <c>serve</c>, without <c>--listen</c>.</param>
    /// <returns>The server, and its address.</returns>
    public static async Task<(ProcessRun Server, string Address)> ServeAsync(params string[] arguments)
    {
        ProcessRun server = ProcessRun.Start(Path, ["serve", "--listen", "127.0.0.1:0", .. arguments]);
        return (server, await AddressAsync(server));
    }

    /// <summary>Waits until a server listens.</summary>
    /// <param name="server">The server.</param>
    /// <returns>The first address that it logs.</returns>
    public static Task<string> AddressAsync(ProcessRun server) => AfterAsync(server, "Listening on ");

    /// <summary>Waits until a server offers HTTP, which is before it listens.</summary>
    /// <param name="server">The server.</param>
    /// <returns>The address.</returns>
    public static Task<string> HttpAddressAsync(ProcessRun server) => AfterAsync(server, "HTTP on ");

    private static async Task<string> AfterAsync(ProcessRun server, string text)
    {
        string line = await server.WaitForErrorLineAsync(text);
        return line[(line.IndexOf(text, StringComparison.Ordinal) + text.Length)..];
    }
}
