using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using KvTcp.Cli;
using KvTcp.Client;
using KvTcp.Compare;
using KvTcp.Protocol;

namespace KvTcp.Soak;

/// <summary>A real server process, which ends when disposed, and at the latest when this program does. Its errors are findings.</summary>
internal sealed partial class SoakServer : IDisposable
{
    public const int HangUp = 1;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <summary>.NET's setting for the youngest generation, as the unit and the image have it.</summary>
    public static readonly (string Name, string Value) YoungestGeneration = ("DOTNET_GCgen0size", "0x8000000");

    private const string ListeningOn = "Listening on ";
    private const string HttpOn = "HTTP on ";

    private static readonly TimeSpan HttpLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Findings _findings;
    private readonly List<EndPoint> _endPoints = [];
    private readonly TaskCompletionSource _isListening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _addresses;
    private readonly KvServerAddress _operator;
    private string _lastLine = "";

    private SoakServer(ProcessStartInfo start, int addresses, string operatorSocket, Findings findings)
    {
        _findings = findings;
        _addresses = addresses;
        _operator = KvServerAddress.Parse($"unix:{operatorSocket}");
        _process = Subprocess.Start(start);
        _process.ErrorDataReceived += Read;
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += End;
    }

    /// <summary>The program, as a build made it.</summary>
    public static string DefaultProgram => SourceTree.PathOf("artifacts/bin/KvTcp.Cli/release/kvtcp");

    /// <summary>Its process.</summary>
    public int Id => _process.Id;

    /// <summary>Where it listens, in the order asked for.</summary>
    public IReadOnlyList<EndPoint> EndPoints => _endPoints;

    /// <summary>Where it offers HTTP; null when it does not.</summary>
    public EndPoint? HttpEndPoint { get; private set; }

    /// <summary>Whether it still runs.</summary>
    public bool IsAlive => !_process.HasExited;

    /// <summary>Starts a server and waits until it listens.</summary>
    /// <param name="program">The program.</param>
    /// <param name="folder">Where its socket for operators is made.</param>
    /// <param name="listen">The addresses.</param>
    /// <param name="arguments">More arguments of <c>serve</c>.</param>
    /// <param name="cores">The cores that it runs on.</param>
    /// <param name="findings">Receives its errors.</param>
    /// <exception cref="CommandException">It does not start.</exception>
    public static async Task<SoakServer> StartAsync(
        string program, string folder, IReadOnlyList<string> listen, IEnumerable<string> arguments, IReadOnlyList<int> cores, Findings findings)
    {
        string socket = Path.Combine(folder, "operator.sock");
        ProcessStartInfo start = new(
            "taskset",
            ["-c", string.Join(',', cores), program, "serve", .. listen.SelectMany(static address => (string[])["--listen", address]), "--listen", $"unix:{socket}", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(static name => name.StartsWith("KV", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment.TryAdd(YoungestGeneration.Name, YoungestGeneration.Value);

        SoakServer server = new(start, listen.Count, socket, findings);
        try
        {
            await server._isListening.Task.WaitAsync(StartLimit);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Sends a signal.</summary>
    public void Signal(int number) => _ = Kill(Id, number);

    /// <summary>Asks over the socket for operators.</summary>
    /// <param name="command">RELOAD or ROLLBACK.</param>
    /// <returns>The code of an error, or null.</returns>
    public async Task<OperatorReply> AskAsync(Command command)
    {
        using OperatorConnection connection = await OperatorConnection.OpenAsync(_operator, tls: null, CancellationToken.None);
        return await connection.AskAsync(command, token: null, CancellationToken.None);
    }

    /// <summary>Opens a client of its HTTP API.</summary>
    public HttpClient OpenHttp() => new() { BaseAddress = new Uri($"http://{HttpEndPoint}"), Timeout = HttpLimit };

    /// <summary>Asks it to stop, and waits for the end.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <returns>How long it took, and its exit code; null when it did not end in time.</returns>
    public async Task<(TimeSpan Time, int ExitCode)?> StopAsync(TimeSpan limit)
    {
        long asked = Stopwatch.GetTimestamp();
        Signal(Terminate);
        using CancellationTokenSource end = new(limit);
        try
        {
            await _process.WaitForExitAsync(end.Token);
            return (Stopwatch.GetElapsedTime(asked), _process.ExitCode);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= End;
        End(null, EventArgs.Empty);
        _process.Dispose();
    }

    private void End(object? sender, EventArgs e)
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
    }

    private void Read(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
        {
            _isListening.TrySetException(new CommandException(ExitCode.Unavailable, $"the server ended at its start: {_lastLine}"));
            return;
        }

        // A warning is what a server under attack has to say; an error is a bug of its own.
        _lastLine = line.Data;
        if (line.Data.Contains(" fail: ", StringComparison.Ordinal) || line.Data.Contains(" crit: ", StringComparison.Ordinal))
        {
            _findings.AddWrong($"the server's log: {line.Data}");
        }

        HttpEndPoint ??= AddressIn(line.Data, HttpOn);
        if (AddressIn(line.Data, ListeningOn) is IPEndPoint endPoint)
        {
            _endPoints.Add(endPoint);
            if (_endPoints.Count == _addresses)
            {
                _isListening.TrySetResult();
            }
        }
    }

    private static IPEndPoint? AddressIn(string line, string before)
    {
        int at = line.IndexOf(before, StringComparison.Ordinal);
        return at >= 0 && IPEndPoint.TryParse(line.AsSpan(at + before.Length), out IPEndPoint? endPoint) ? endPoint : null;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Kill(int process, int signal);
}
