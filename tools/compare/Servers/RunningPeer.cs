using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using KvTcp.Cli;

namespace KvTcp.Compare;

/// <summary>A server that this program has started, and ends again: when disposed, and at the latest when the program itself ends.</summary>
internal sealed class RunningPeer : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan CountLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan SettlePeriod = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly Lock _ending = new();
    private bool _hasEnded;
    private string _lastLine = "";

    private RunningPeer(Peer peer, Process process, int port)
    {
        Peer = peer;
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);
        _process = process;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += End;
    }

    public Peer Peer { get; }

    public IPEndPoint EndPoint { get; }

    /// <summary>The server's process and its workers.</summary>
    public IReadOnlyList<int> Processes { get; private set; } = [];

    /// <summary>From the start of the process to the first reply.</summary>
    public TimeSpan TimeToFirstReply { get; private set; }

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <exception cref="CommandException">It cannot be started, or does not answer.</exception>
    public static async Task<RunningPeer> StartAsync(Peer peer, PeerLaunch launch, CancellationToken cancellation)
    {
        PeerCommand command = peer.Command(launch);
        string cores = string.Join(',', launch.Cores);
        ProcessStartInfo start = new("taskset", ["-c", cores, command.Program, .. command.Arguments])
        {
            WorkingDirectory = launch.Folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(static name => name.StartsWith("KV", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in command.Environment)
        {
            start.Environment[name] = value;
        }

        long started = Stopwatch.GetTimestamp();
        RunningPeer running = new(peer, Subprocess.Start(start), launch.Port);
        try
        {
            await running.WaitForReplyAsync(cancellation);
            running.TimeToFirstReply = Stopwatch.GetElapsedTime(started);
            running.Processes = ProcessFigures.Tree(running._process.Id);
            return running;
        }
        catch
        {
            running.Dispose();
            throw;
        }
    }

    /// <summary>A port that nothing listens on at this moment.</summary>
    public static int FreePort()
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Asks for the number of pairs.</summary>
    /// <exception cref="SocketException">It cannot be connected to.</exception>
    /// <exception cref="CommandException">It gives another answer, or none in time.</exception>
    public Task<long> CountAsync(CancellationToken cancellation) =>
        TimeLimit.RunAsync(CountLimit, AskAsync, static () => "it did not say how many pairs it has", cancellation);

    /// <summary>The memory that it occupies, in bytes, once that no longer changes: some workers may still read their data.</summary>
    public async Task<long> ResidentAsync(CancellationToken cancellation)
    {
        long resident = Processes.Sum(ProcessFigures.Resident);
        for (Stopwatch waited = Stopwatch.StartNew(); waited.Elapsed < SettleLimit;)
        {
            await Task.Delay(SettlePeriod, cancellation);
            long before = resident;
            resident = Processes.Sum(ProcessFigures.Resident);
            if (long.Abs(resident - before) < before / 100)
            {
                break;
            }
        }

        return resident;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= End;
        End(null, EventArgs.Empty);
    }

    /// <summary>The program may end while another thread disposes this.</summary>
    private void End(object? sender, EventArgs e)
    {
        lock (_ending)
        {
            if (!_hasEnded)
            {
                _hasEnded = true;
                _process.Kill(entireProcessTree: true);
                _process.WaitForExit(EndLimit);
                _process.Dispose();
            }
        }
    }

    private Task<long> WaitForReplyAsync(CancellationToken cancellation) =>
        TimeLimit.RunAsync(StartLimit, AskUntilAnsweredAsync, () => $"it did not answer; it said: {_lastLine}", cancellation);

    private async Task<long> AskUntilAnsweredAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (await TryAskAsync(cancellation) is long count)
            {
                return count;
            }

            await Task.Delay(Poll, cancellation);
        }
    }

    /// <summary>Asks for the number of pairs; null while it does not listen.</summary>
    private async Task<long?> TryAskAsync(CancellationToken cancellation)
    {
        try
        {
            return await AskAsync(cancellation);
        }
        catch (SocketException e)
        {
            if (!_process.HasExited)
            {
                return null;
            }

            await _process.WaitForExitAsync(cancellation);
            throw new CommandException(ExitCode.Unavailable, $"it ended with {_process.ExitCode} at its start: {_lastLine}", e);
        }
    }

    private async Task<long> AskAsync(CancellationToken cancellation)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(EndPoint, cancellation);
        await socket.SendAsync(Peer.CountRequest, cancellation);
        byte[] buffer = new byte[64 * 1024];
        int used = 0;
        while (true)
        {
            int read = await socket.ReceiveAsync(buffer.AsMemory(used), cancellation);
            used += read;
            string reply = Encoding.ASCII.GetString(buffer, 0, used);
            try
            {
                if (Peer.ReadCount(reply) is long count)
                {
                    return count;
                }
            }
            catch (FormatException e)
            {
                throw new CommandException(ExitCode.Unavailable, $"asked for the number of its pairs it replied: {e.Message}", e);
            }

            if (read == 0)
            {
                throw new CommandException(ExitCode.Unavailable, "it closed the connection when asked for the number of its pairs");
            }
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (!string.IsNullOrWhiteSpace(line.Data))
        {
            _lastLine = line.Data.Trim();
        }
    }
}
