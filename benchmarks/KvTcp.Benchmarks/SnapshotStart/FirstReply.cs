using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using KvTcp.Cli;
using KvTcp.Compare;

namespace KvTcp.Benchmarks.SnapshotStart;

/// <summary>Starts a server and asks it for one key until it has answered.</summary>
internal static class FirstReply
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Measures from the start of the process to the reply, and ends the server.</summary>
    /// <param name="program">The server's program.</param>
    /// <param name="data">The data file or snapshot.</param>
    /// <param name="key">A key.</param>
    /// <param name="reply">The reply that is right, with its LF.</param>
    /// <exception cref="CommandException">The reply is another, or there is none.</exception>
    public static async Task<TimeSpan> MeasureAsync(string program, string data, Guid key, string reply)
    {
        int port = RunningPeer.FreePort();
        ProcessStartInfo start = new(program, ["serve", "--data", data, "--listen", $"127.0.0.1:{port}", "--http", "off", "--log-level", "none"])
        {
            UseShellExecute = false,
            WorkingDirectory = Path.GetDirectoryName(data)!,
        };
        long started = Stopwatch.GetTimestamp();
        using Process server = Subprocess.Start(start);
        try
        {
            using CancellationTokenSource limit = new(Limit);
            string answer = await AskUntilAnsweredAsync(server, new IPEndPoint(IPAddress.Loopback, port), $"GET {key}\n", limit.Token);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
            return string.Equals(answer, reply, StringComparison.Ordinal)
                ? elapsed
                : throw new CommandException(ExitCode.Unavailable, $"a server of {data} answered '{answer.TrimEnd()}'");
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    private static async Task<string> AskUntilAnsweredAsync(Process server, IPEndPoint endPoint, string request, CancellationToken limit)
    {
        while (!server.HasExited)
        {
            try
            {
                using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(endPoint, limit);
                await socket.SendAsync(Encoding.ASCII.GetBytes(request), limit);
                using StreamReader reader = new(new NetworkStream(socket));
                return await reader.ReadLineAsync(limit) + "\n";
            }
            catch (SocketException)
            {
                // It does not listen yet.
                await Task.Delay(Poll, limit);
            }
        }

        throw new CommandException(ExitCode.Unavailable, $"the server ended with {server.ExitCode} at its start");
    }
}
