using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace KvTcp.Benchmarks.ServerCost;

/// <summary>A server that this comparison has started on a free port of the loopback address, and stops again.</summary>
internal sealed class ServerProcess : IDisposable
{
    /// <summary>The unit of the times in /proc/PID/stat, USER_HZ: 100 a second on every Linux that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    private readonly Process _process;

    private ServerProcess(string name, Process process, IPEndPoint endPoint)
    {
        Name = name;
        EndPoint = endPoint;
        _process = process;
    }

    /// <summary>What the table calls it.</summary>
    public string Name { get; }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts a program and waits until it accepts connections.</summary>
    /// <param name="name">What the table calls it.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments, given the port.</param>
    public static ServerProcess Start(string name, string program, Func<int, string[]> arguments)
    {
        IPEndPoint endPoint = new(IPAddress.Loopback, FreePort());
        ProcessStartInfo start = new(program, arguments(endPoint.Port))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        ServerProcess server = new(name, process, endPoint);
        server.WaitUntilItAccepts();
        return server;
    }

    /// <summary>The processor time that the process has used, in user and kernel mode, in seconds.</summary>
    public double CpuSeconds()
    {
        string stat = File.ReadAllText($"/proc/{_process.Id}/stat");

        // The name, in parentheses, may hold spaces; utime and stime are fields 14 and 15, proc_pid_stat(5).
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void WaitUntilItAccepts()
    {
        for (Stopwatch waited = Stopwatch.StartNew(); ;)
        {
            using Socket probe = new(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Connect(EndPoint);
                return;
            }
            catch (SocketException) when (!_process.HasExited && waited.Elapsed < TimeSpan.FromMinutes(1))
            {
                _process.WaitForExit(50);
            }
        }
    }

    private static int FreePort()
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
